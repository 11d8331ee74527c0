import { t } from '../../strings/index.js';
import { words } from './parse.js';

async function join(context, rest) {
  const [name, key] = words(rest, 2);
  context.need(name);
  await context.app.client.join(context.chat.isupport.isRoom(name) ? name : `#${name}`, key);
}

async function part(context, rest) {
  const { conversation, client } = { ...context, client: context.app.client };
  if (!rest && conversation.kind === 'person') {
    client.close(conversation);
    return;
  }
  const { room, rest: reason } = context.room(rest);
  await context.ask('PART', reason ? [room, reason] : [room]);
  const left = context.chat.conversations.get(room);
  if (left) client.close(left);
}

async function msg(context, rest) {
  const [name, text] = words(rest, 1);
  context.need(name);
  const { app, chat, sending } = context;
  if (!text || !chat.isupport.isRoom(name)) await app.open(name);
  else if (!chat.conversations.get(name)?.joined) await app.client.join(name);
  if (text) sending.send(chat.conversation(name), text);
}

function me(context, rest) {
  context.need(rest);
  context.sending.send(context.conversation, rest, { action: true, replyTo: context.replyTo });
}

async function nick(context, rest) {
  const [name] = words(rest, 1);
  context.need(name);
  await context.ask('NICK', [name]);
}

const away = (context, rest) => context.ask('AWAY', [rest || t('command.away.default')]);
const back = (context) => context.ask('AWAY', []);

function ignore(context, rest) {
  const [name] = words(rest, 1);
  const { chat } = context;
  if (!name) {
    const names = [...chat.ignored].join(', ');
    context.tell(names ? t('command.ignored', { names }) : t('command.ignoredNone'));
    return;
  }
  chat.ignore(name);
  context.tell(t('command.ignores', { name }));
}

function unignore(context, rest) {
  const [name] = words(rest, 1);
  context.need(name);
  const { chat } = context;
  const known = chat.reader.ignores(name);
  chat.ignore(name, false);
  context.tell(t(known ? 'command.ignoresNot' : 'command.ignoredNot', { name }));
}

/** Commands for what everyone does. */
export const TALKING = { join, part, msg, me, nick, away, back, ignore, unignore };
