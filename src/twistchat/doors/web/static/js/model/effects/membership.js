import { toMessage } from '../messages.js';

/** Show a line as a message of a conversation. */
function show(chat, conversation, line) {
  const message = toMessage(line, chat.reader);
  if (message) conversation.timeline.add(message, line.tags.msgid ?? null);
}

function join(chat, line) {
  const { nick, user, host } = line.source;
  const [name, account, realname] = line.params;
  if (chat.isSelf(nick)) {
    const conversation = chat.conversation(name);
    conversation.update({ joined: true, rejoining: false, outside: null });
    chat.people.note(nick, { user, host });
    // Who loads the history holds live messages back from here on: this line is the first of them.
    chat.tell('joined', conversation);
    show(chat, conversation, line);
    return;
  }
  const conversation = chat.conversations.get(name);
  if (!conversation) return;
  const known = account === undefined ? {} : { account: account === '*' ? null : account, realname: realname ?? '' };
  chat.people.note(nick, { user, host, away: null, online: true, ...known });
  conversation.members.add(chat.fold(nick), { nick, prefixes: '' });
  show(chat, conversation, line);
}

function gone(chat, conversation, nick, outside) {
  if (!chat.isSelf(nick)) {
    conversation.members.remove(chat.fold(nick));
    return;
  }
  conversation.members.clear();
  conversation.update({ joined: false, outside });
  chat.tell('left', conversation);
}

function part(chat, line) {
  const conversation = chat.conversations.get(line.params[0]);
  if (!conversation) return;
  show(chat, conversation, line);
  gone(chat, conversation, line.source.nick, { how: 'left' });
}

function kick(chat, line) {
  const conversation = chat.conversations.get(line.params[0]);
  if (!conversation) return;
  show(chat, conversation, line);
  gone(chat, conversation, line.params[1], { how: 'kicked', by: line.source?.nick ?? '', reason: toMessage(line, chat.reader).text });
}

function quit(chat, line) {
  const { nick } = line.source;
  for (const conversation of chat.rooms()) {
    if (conversation.members.remove(chat.fold(nick))) show(chat, conversation, line);
  }
  if (chat.conversations.get(nick)) chat.people.note(nick, { online: false });
  else chat.people.forget(nick);
}

function nick(chat, line) {
  const from = line.source.nick;
  const to = line.params[0];
  if (chat.isSelf(from)) chat.session.update({ nick: to });
  for (const conversation of chat.rooms()) {
    if (conversation.members.rename(chat.fold(from), chat.fold(to), to)) show(chat, conversation, line);
  }
  const personal = chat.conversations.get(from);
  if (personal && (!chat.conversations.get(to) || chat.fold(from) === chat.fold(to))) {
    chat.conversations.rename(personal, to);
    chat.tell('renamed', { conversation: personal, from });
  }
  if (chat.ignored.delete(chat.fold(from))) chat.ignored.add(chat.fold(to));
  chat.people.rename(from, to);
}

function names(chat, line) {
  const [, , name, list = ''] = line.params;
  chat.conversations.get(name)?.members.list(list.split(' ').filter(Boolean), chat);
}

function namesEnd(chat, line) {
  chat.conversations.get(line.params[1])?.members.listed();
}

/** Source: IRCv3 channel-rename. */
function rename(chat, line) {
  const [from, to] = line.params;
  const conversation = chat.conversations.get(from);
  if (!conversation) return;
  chat.conversations.rename(conversation, to);
  chat.tell('renamed', { conversation, from });
}

/** The server does not let this user into a room. Bans refuse new nicks with the same numeric: those keep nobody out. */
function refused(chat, line) {
  const conversation = chat.conversations.get(line.params[1] ?? '');
  if (!conversation || (conversation.joined && !conversation.rejoining)) return;
  const outside = { how: 'refused', code: line.command, reason: line.params.at(-1) };
  conversation.members.clear();
  conversation.update({ joined: false, rejoining: false, outside });
}

export const MEMBERSHIP = {
  JOIN: join, PART: part, KICK: kick, QUIT: quit, NICK: nick, RENAME: rename, 353: names, 366: namesEnd,
  ...Object.fromEntries(['405', '437', '471', '473', '474', '475', '477', '489', '520'].map((numeric) => [numeric, refused])),
};
