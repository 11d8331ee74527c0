import { masksOf } from '../../rooms/modes.js';
import { t } from '../../strings/index.js';
import { words } from './parse.js';

async function topic(context, text) {
  const { room, rest } = context.room(text);
  if (rest) {
    await context.ask('TOPIC', [room, rest === '-' ? '' : rest]);
    return;
  }
  await context.ask('TOPIC', [room]);
  const now = context.chat.conversations.get(room)?.topic;
  context.tell(now ? t('command.topicIs', { room, topic: now }) : t('command.topicNone', { room }));
}

async function invite(context, rest) {
  const [name, room] = words(rest, 2);
  context.need(name);
  const target = context.room(room).room;
  await context.ask('INVITE', [name, target]);
  context.tell(t('command.invited', { name, room: target }));
}

async function kick(context, text) {
  const { room, rest } = context.room(text);
  const [name, reason] = words(rest, 1);
  context.need(name);
  await context.ask('KICK', reason ? [room, name, reason] : [room, name]);
}

/** Return the mask that bans a user and nobody else: of their account, or else of their nick. */
function maskOf(context, name) {
  return /[!@*:$~]/.test(name) ? name : masksOf(name, context.chat.people.get(name))[0].mask;
}

async function ban(context, text) {
  const { room, rest } = context.room(text);
  const [name] = words(rest, 1);
  context.need(name);
  await context.ask('MODE', [room, '+b', maskOf(context, name)]);
}

async function unban(context, text) {
  const { room, rest } = context.room(text);
  const [name] = words(rest, 1);
  context.need(name);
  await context.ask('MODE', [room, '-b', maskOf(context, name)]);
}

/** Return the command that gives or takes a rank. */
function rank(sign, mode) {
  return async (context, text) => {
    const { room, rest } = context.room(text);
    const names = rest.split(/\s+/).filter(Boolean);
    context.need(names.length);
    const most = context.chat.isupport.number('MODES', 4) || 4;
    while (names.length) {
      const some = names.splice(0, most);
      await context.ask('MODE', [room, sign + mode.repeat(some.length), ...some]);
    }
  };
}

async function mode(context, text) {
  const [first] = words(text, 1);
  const isTarget = context.chat.isupport.isRoom(first) || context.chat.isSelf(first);
  const target = isTarget ? first : context.room('').room;
  const changes = (isTarget ? words(text, 1)[1] : text).split(/\s+/).filter(Boolean);
  const answer = await context.ask('MODE', [target, ...changes]);
  if (changes.every((change) => !/[+-]/.test(change))) context.show(answer);
}

/** Commands for rooms and those who run them. */
export const OPERATING = {
  topic, invite, kick, ban, unban, op: rank('+', 'o'), deop: rank('-', 'o'), voice: rank('+', 'v'), devoice: rank('-', 'v'), mode,
};
