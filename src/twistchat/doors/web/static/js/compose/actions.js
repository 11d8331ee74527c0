import { plain } from '../log/format.js';
import { reaches } from '../rooms/ranks.js';
import { t } from '../strings/index.js';

/** Return where a tag or a redaction of a message goes: to a rank of a room, if the message went there. */
function targetOf(chat, conversation, message) {
  return chat.isupport.withoutStatus(message.target) === message.target ? conversation.name : message.target;
}

/** Whether the server knows a message: it has an id of the server's. */
function isKnown(message) {
  return !/^(here|sending)-/.test(message.id);
}

/** Add a reaction of this user to a message, or take it away where it is there. */
export async function toggleReaction(app, conversation, message, text) {
  const now = conversation.timeline.find(message.id) ?? message;
  const mine = [...(now.reactions.get(text) ?? [])].some((nick) => app.chat.isSelf(nick));
  const tags = { '+draft/reply': message.id, [mine ? '+draft/unreact' : '+draft/react']: text };
  await app.connection.request('TAGMSG', [targetOf(app.chat, conversation, message)], { tags });
}

async function redact(app, composing, conversation, message) {
  const reason = await app.dialogs.ask({
    title: t('redact.title'), text: t('redact.lead'), action: t('redact.remove'),
    field: message.self ? undefined : t('redact.reason'),
  });
  if (reason === undefined) return;
  const params = [targetOf(app.chat, conversation, message), message.id];
  await app.connection.request('REDACT', reason ? [...params, reason] : params);
}

/** Say what can be done with the messages of the log. */
export function installActions(app, composing, { navigator }) {
  const { actions, chat, connection } = app;
  const canTag = (conversation, message) => isKnown(message) && connection.capabilities.has('message-tags')
    && (conversation.kind === 'person' || conversation.joined);
  // What fails is said where the reader is.
  const tried = (work) => async (conversation, message, more) => {
    try {
      await work(conversation, message, more);
    } catch (error) {
      composing.report(conversation, error);
    }
  };

  actions.add('reply', (conversation, message) => {
    composing.reply(conversation, message);
    app.write();
  }, canTag);
  actions.add('react', tried(async (conversation, message, { reaction }) => {
    const load = () => import('../ui/picker.js').then(({ Picker }) => Picker);
    const text = reaction ?? await app.dialogs.show(load);
    if (text) await toggleReaction(app, conversation, message, text);
  }), canTag);
  actions.add('copy', tried((_, message) => navigator.clipboard.writeText(plain(message.text))), () => 'clipboard' in navigator);
  actions.add('redact', tried((conversation, message) => redact(app, composing, conversation, message)),
    (conversation, message) => isKnown(message) && message.kind !== 'redacted' && connection.capabilities.has('message-redaction')
      && (message.self || reaches(chat, conversation, 'o')));
  actions.add('retry', (_, message) => composing.sending.retry(message.id), (_, message) => Boolean(message.failed));
  actions.add('discard', (_, message) => composing.sending.discard(message.id),
    (_, message) => Boolean(message.failed || message.waiting));
}
