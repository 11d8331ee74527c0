import { toMessage } from '../messages.js';

function topic(chat, line) {
  const conversation = chat.conversations.get(line.params[0]);
  if (!conversation) return;
  const message = toMessage(line, chat.reader);
  conversation.timeline.add(message, line.tags.msgid ?? null);
  conversation.update({ topic: message.text, topicBy: message.nick });
}

/** Take changes of modes, such as `+o-v alice bob`: ranks of members and modes of the room. */
function change(chat, conversation, params) {
  const { ranks } = chat.isupport;
  const order = ranks.map((rank) => rank.prefix).join('');
  for (const { given, mode: letter, value, kind } of chat.isupport.changes(params)) {
    const rank = ranks.find((one) => one.mode === letter);
    if (rank) conversation.members.rank(chat.fold(value), rank.prefix, given, order);
    else if (kind === 'other' && given) conversation.modes.set(letter, value);
    else if (kind === 'other') conversation.modes.delete(letter);
  }
  conversation.changed();
}

function mode(chat, line) {
  const conversation = chat.conversations.get(line.params[0]);
  if (!conversation) return;
  change(chat, conversation, line.params.slice(1));
  conversation.timeline.add(toMessage(line, chat.reader), line.tags.msgid ?? null);
}

function modes(chat, line) {
  const conversation = chat.conversations.get(line.params[1]);
  if (!conversation) return;
  conversation.modes.clear();
  change(chat, conversation, line.params.slice(2));
}

function invite(chat, line) {
  const [nick, room] = line.params;
  const by = line.source?.nick ?? '';
  if (chat.isSelf(nick) && !chat.reader.ignores(by)) chat.tell('invited', { by, room });
}

export const ROOMS = {
  TOPIC: topic, MODE: mode, INVITE: invite, 324: modes,
  331: (chat, line) => chat.conversations.get(line.params[1])?.update({ topic: '', topicBy: '' }),
  332: (chat, line) => chat.conversations.get(line.params[1])?.update({ topic: line.params[2] }),
  322: (chat, line) => chat.tell('listed', { name: line.params[1], count: Number(line.params[2]) || 0, topic: line.params[3] ?? '' }),
  323: (chat) => chat.tell('listEnds'),
  329: (chat, line) => chat.conversations.get(line.params[1])?.update({ created: Number(line.params[2]) * 1000 || null }),
  333: (chat, line) => chat.conversations.get(line.params[1])?.update({ topicBy: line.params[2] }),
};
