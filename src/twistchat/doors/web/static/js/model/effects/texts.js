import { clientTag, isSpoken, timeOf, toAmendment, toMessage } from '../messages.js';

/** Milliseconds for which somebody is believed to type after the last notice. Source: IRCv3 typing. */
const TYPING = 6000;

/** Return the conversation that a text belongs to. */
function place(chat, line) {
  const target = chat.isupport.withoutStatus(line.params[0] ?? '');
  const { nick = '', host = '' } = line.source ?? {};
  if (chat.isupport.isRoom(target)) return chat.conversations.get(target);
  if (chat.isSelf(nick)) return chat.conversation(target);
  // What the server says has no user.
  if (!host && nick.includes('.')) return chat.conversation('*');
  return chat.conversation(nick);
}

function say(chat, line) {
  const message = toMessage(line, chat.reader);
  const conversation = message && place(chat, line);
  if (!conversation) return;
  conversation.typing.delete(message.nick);
  conversation.timeline.add(message, line.tags.msgid ?? null);
  if (message.self || !isSpoken(message)) {
    conversation.changed();
  } else {
    const mention = message.mention || conversation.kind === 'person';
    conversation.update({ unread: conversation.unread + 1, mentions: conversation.mentions + (mention ? 1 : 0) });
  }
  chat.tell('message', { conversation, message });
}

function tag(chat, line) {
  const conversation = place(chat, line);
  if (!conversation) return;
  const amendment = toAmendment(line);
  if (amendment) {
    conversation.timeline.pass(line.tags.msgid ?? null);
    conversation.timeline.amend(amendment);
  }
  const typing = clientTag(line, 'typing');
  const nick = line.source?.nick ?? '';
  if (typing === null || chat.isSelf(nick)) return;
  if (typing === 'done') conversation.typing.delete(nick);
  else conversation.typing.set(nick, chat.reader.now() + TYPING);
  conversation.changed();
}

function redact(chat, line) {
  const conversation = place(chat, line);
  const amendment = toAmendment(line);
  if (conversation && amendment) conversation.timeline.amend(amendment);
}

/** Source: IRCv3 read-marker. */
function mark(chat, line) {
  const [target, stamp = '*'] = line.params;
  const time = Date.parse(stamp.replace('timestamp=', ''));
  const conversation = chat.conversations.get(target);
  if (!conversation) return;
  if (!Number.isNaN(time)) conversation.mark(time);
  else if (conversation.marker === null) conversation.mark(timeOf(line, chat.reader));
}

export const TEXTS = { PRIVMSG: say, NOTICE: say, TAGMSG: tag, REDACT: redact, MARKREAD: mark };
