import { clientTag, timeOf, toAmendment, toMessage } from '../messages.js';

/** Milliseconds for which somebody is believed to type after the last notice. Source: IRCv3 typing. */
const TYPING = 6000;

/** Return the conversation that a text belongs to. */
function place(chat, line) {
  const target = chat.isupport.withoutStatus(line.params[0] ?? '');
  const { nick = '', host = '' } = line.source ?? {};
  if (chat.isupport.isRoom(target)) return chat.conversations.get(target);
  // A conversation that begins with this text has not been read before it.
  const read = timeOf(line, chat.reader) - 1;
  if (chat.isSelf(nick)) return chat.conversation(target, read);
  // What the server says has no user.
  if (!host && nick.includes('.')) return chat.conversation('*', read);
  return chat.conversation(nick, read);
}

function say(chat, line) {
  const message = toMessage(line, chat.reader);
  if (!message) {
    chat.conversations.get(chat.isupport.withoutStatus(line.params[0] ?? ''))?.timeline.pass(line.tags.msgid ?? null);
    return;
  }
  const conversation = place(chat, line);
  if (!conversation) return;
  conversation.typing.delete(message.nick);
  // It is unread before it is shown, since the log may say at once that it has been seen.
  conversation.note([message]);
  conversation.timeline.add(message, line.tags.msgid ?? null);
  chat.tell('message', { conversation, message });
}

function tag(chat, line) {
  const { nick = '' } = line.source ?? {};
  const target = chat.isupport.withoutStatus(line.params[0] ?? '');
  // A tag begins no conversation.
  const conversation = chat.conversations.get(chat.isSelf(target) ? nick : target);
  if (!conversation) return;
  const amendment = toAmendment(line);
  if (amendment) {
    conversation.timeline.pass(line.tags.msgid ?? null);
    conversation.timeline.amend(amendment);
  }
  const typing = clientTag(line, 'typing');
  if (typing === null || chat.isSelf(nick) || chat.reader.ignores(nick)) return;
  if (typing === 'done') conversation.typing.delete(nick);
  else conversation.typing.set(nick, chat.reader.now() + TYPING);
  conversation.changed();
}

function redact(chat, line) {
  const target = chat.isupport.withoutStatus(line.params[0] ?? '');
  const conversation = chat.conversations.get(chat.isSelf(target) ? (line.source?.nick ?? '') : target);
  const amendment = toAmendment(line);
  if (!conversation || !amendment) return;
  conversation.forget(amendment.of);
  conversation.timeline.amend(amendment);
}

/** Source: IRCv3 read-marker. */
function mark(chat, line) {
  const [target, stamp = '*'] = line.params;
  const time = Date.parse(stamp.replace('timestamp=', ''));
  const conversation = chat.conversations.get(target);
  if (!conversation) return;
  if (!Number.isNaN(time)) {
    conversation.mark(time);
  } else if (conversation.marker === null) {
    conversation.mark(timeOf(line, chat.reader));
    chat.tell('unmarked', conversation);
  }
}

export const TEXTS = { PRIVMSG: say, NOTICE: say, TAGMSG: tag, REDACT: redact, MARKREAD: mark };
