import { parse } from '../../irc/message.js';
import { lines, RequestError } from '../../irc/requests.js';
import { findRooms, showRoom } from '../../rooms/views.js';
import { NOTHING } from '../../search/query.js';
import { showSearch } from '../../search/views.js';
import { t } from '../../strings/index.js';
import { words } from './parse.js';

/** How many lines of an answer are shown. */
const MOST = 100;

/** What the numerics of WHOIS say, by the parameters after the nick. */
const WHOIS = {
  311: ([nick, user, host, , realname]) => ['user', { nick, user, host, realname }],
  312: ([nick, server, info]) => ['server', { nick, server, info }],
  317: ([nick, seconds]) => ['idle', { nick, minutes: Math.floor(Number(seconds) / 60) }],
  319: ([nick, rooms]) => ['rooms', { nick, rooms }],
  330: ([nick, account]) => ['account', { nick, account }],
  301: ([nick, reason]) => ['away', { nick, reason }],
};

async function whois(context, rest) {
  const [name] = words(rest, 1);
  const nick = name || (context.conversation.kind === 'person' ? context.conversation.name : '');
  context.need(nick);
  const answer = await context.ask('WHOIS', [nick]);
  const said = lines(answer).filter((line) => /^\d{3}$/.test(line.command) && line.command !== '318').map((line) => {
    const [key, values] = WHOIS[line.command]?.(line.params.slice(1)) ?? [];
    return key ? t(`command.whois.${key}`, values) : line.params.slice(1).join(' ');
  });
  context.tell(said.join('\n'));
}

async function list(context, rest) {
  const [mask] = words(rest, 1);
  if (!mask) {
    findRooms(context.app);
    return;
  }
  const answer = await context.ask('LIST', [mask]);
  const rooms = lines(answer).filter((line) => line.command === '322').map((line) => line.params.slice(1));
  rooms.sort((one, other) => Number(other[1]) - Number(one[1]));
  const said = rooms.slice(0, MOST).map(([name, count, topic]) =>
    t('command.listed', { name, count, topic: topic ?? '' }).trimEnd());
  if (rooms.length > MOST) said.push(t('command.more', { count: rooms.length - MOST }));
  context.tell(said.length ? said.join('\n') : t('command.listNone'));
}

async function names(context, rest) {
  const { room } = context.room(rest);
  const answer = await context.ask('NAMES', [room]);
  const found = lines(answer).filter((line) => line.command === '353').flatMap((line) => line.params[3].split(' '));
  const shown = found.filter(Boolean).map((name) => name.split('!')[0]).sort((one, other) => one.localeCompare(other));
  const more = shown.length > MOST ? ` ${t('command.more', { count: shown.length - MOST })}` : '';
  context.tell(t('command.namesOf', { room, count: shown.length, names: shown.slice(0, MOST).join(', ') }) + more);
}

function search({ app, conversation }, rest) {
  showSearch(app, rest ? { ...NOTHING, text: rest, room: conversation.name } : null);
}

async function raw(context, rest) {
  const line = parse(rest);
  context.need(line);
  if (/[\r\n]/.test(rest)) throw new RequestError('USAGE', '', [context.usage]);
  context.show(await context.ask(line.command, line.params, { tags: line.tags }));
}

function register({ app, chat, tell }) {
  if (chat.session.account) tell(t('command.register.done', { name: chat.session.account }));
  else if (app.offer?.register) app.dialogs.show(() => import('../../ui/account/register.js').then(({ Register }) => Register));
  else tell(t('command.register.how'));
}

function login({ app, chat, tell }) {
  if (chat.session.account) tell(t('command.register.done', { name: chat.session.account }));
  else if (app.offer?.logins !== false) app.goToLogin();
  else tell(t('command.login.none'));
}

/** The settings of a room. */
function room(context, rest) {
  const { room: name } = context.room(rest);
  const found = context.chat.conversations.get(name);
  if (!found) throw new RequestError('NO_NAME', '');
  showRoom(context.app, found);
}

function unread({ chat, tell }) {
  const found = [...chat.conversations].filter((conversation) => conversation.unread);
  const words = found.map(({ name, unread: count, mentions }) => t(mentions ? 'command.unreadFor' : 'command.unreadIn', { name, count, mentions }));
  tell(words.length ? words.join('\n') : t('command.unreadNone'));
}

function clear({ app }) {
  app.log.clear();
}

function quit({ app }, rest) {
  if (rest) app.connection.send('QUIT', [rest]);
  return app.logOut();
}

/** Commands that ask the server, and those about this page. */
export const ASKING = { whois, list, names, search, raw, register, login, room, unread, clear, quit };
