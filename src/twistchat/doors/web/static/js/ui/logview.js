import { useEffect, useRef } from '../../vendor/preact-hooks.mjs';
import { composingOf } from '../compose/composing.js';
import '../log/chatlog.js';
import { html } from './html.js';

/** How many messages are given to the log at once. */
const PORTION = 100;

/** Return a message as the log shows it: with the name, the colour and the message that it answers. */
function dressed(app, conversation, message) {
  const metadata = app.chat.people.get(message.nick)?.metadata;
  const answered = message.replyTo ? conversation.timeline.find(message.replyTo) : undefined;
  return Object.freeze({
    ...message,
    name: metadata?.get('display-name') ?? message.nick,
    colour: metadata?.get('color') ?? null,
    replyPreview: answered ? { nick: answered.nick, text: answered.text } : null,
    mine: new Set([...message.reactions].filter(([, nicks]) => [...nicks].some(app.chat.isSelf, app.chat)).map(([text]) => text)),
  });
}

/** Gives a log element the messages of a conversation, and answers what the log asks for. */
class Binding {
  constructor(app, conversation, log) {
    this._app = app;
    this._conversation = conversation;
    this._log = log;
    this._sending = composingOf(app).sending;
    /** What was said until then is not shown. */
    this._cleared = -Infinity;
    log.permits = (action, message) => app.actions.permits(action, conversation, message);
    const events = {
      needolder: ({ before }) => this._older(before),
      neednewer: ({ after }) => this._newer(after),
      neednewest: () => this._newest(),
      seen: ({ time }) => this._seen(time),
      locate: ({ id }) => this.locate(id),
      nick: ({ nick }) => app.visit(nick),
      room: ({ room }) => app.visit(room),
      choose: ({ action, msgid, ...more }) =>
        app.actions.run(action, conversation, conversation.timeline.find(msgid) ?? this._sending.find(msgid), more),
    };
    const listeners = Object.entries(events).map(([name, take]) => [name, (event) => take(event.detail ?? {})]);
    for (const [name, listener] of listeners) log.addEventListener(name, listener);
    const ends = [
      conversation.timeline.watch((change) => this._changed(change)),
      conversation.watch(() => this._mark()),
      this._sending.watch((change) => change.conversation === conversation && this._sent(change)),
      () => listeners.forEach(([name, listener]) => log.removeEventListener(name, listener)),
    ];
    this.end = () => ends.forEach((end) => end());
    this._show(conversation.timeline.messages.slice(-PORTION));
  }

  /** Show a message, wherever in the history it is. */
  async locate(id) {
    const { timeline } = this._conversation;
    if (!timeline.has(id)) await this._app.history.around(this._conversation, id);
    const index = timeline.messages.findIndex((message) => message.id === id);
    if (index < 0) return;
    if (!this._log.find(id)) {
      this._show(timeline.messages.slice(Math.max(0, index - PORTION / 2), index + PORTION / 2));
      this._log.find(id);
    }
  }

  _dress(messages) {
    return messages.map((message) => dressed(this._app, this._conversation, message));
  }

  _show(messages) {
    this._log.show(this._conversation);
    this._marker = this._conversation.marker;
    this._log.setMarker(this._marker);
    this._log.append(this._dress(messages));
    if (this._conversation.timeline.atEnd) this._log.append(this._dress(this._sending.of(this._conversation)));
  }

  /** Show what becomes of a message that this user sends. */
  _sent({ type, message, id, by }) {
    if (type === 'add') {
      this._log.append(this._dress([message]));
      this._log.toEnd();
    } else if (type === 'update') {
      this._log.update(message.id, this._dress([message])[0]);
    } else {
      const arrived = by && this._conversation.timeline.find(by);
      if (arrived) this._log.update(id, this._dress([arrived])[0]);
      else this._log.remove(id);
    }
  }

  /** Show nothing of what was said so far, until the conversation is shown again. */
  clear() {
    this._cleared = this._conversation.timeline.messages.at(-1)?.time ?? -Infinity;
    this._log.show(this._conversation);
  }

  _mark() {
    if (this._conversation.marker === this._marker) return;
    this._marker = this._conversation.marker;
    this._log.setMarker(this._marker);
  }

  _changed({ type, messages, message, id, newer }) {
    const { timeline } = this._conversation;
    if (type === 'reset') this._show(timeline.messages.slice(-PORTION));
    else if (type === 'update') this._log.update(id, this._dress([message])[0]);
    else if (type === 'prepend') this._log.prepend(this._dress(messages));
    else this._log.append(this._dress(messages), newer ? { newer } : {});
  }

  _older(before) {
    const { timeline } = this._conversation;
    const index = timeline.messages.findIndex((message) => message.id === before);
    if (timeline.messages[index - 1]?.time <= this._cleared) this._log.prepend([]);
    else if (index > 0) this._log.prepend(this._dress(timeline.messages.slice(Math.max(0, index - PORTION), index)));
    else if (timeline.atStart) this._log.prepend([]);
    else if (!this._app.history.isBusy(this._conversation)) this._app.history.older(this._conversation);
  }

  _newer(after) {
    const { timeline } = this._conversation;
    const index = timeline.messages.findIndex((message) => message.id === after);
    const messages = index < 0 ? [] : timeline.messages.slice(index + 1, index + 1 + PORTION);
    if (messages.length || timeline.atEnd) this._log.append(this._dress(messages), { newer: true });
    else if (!this._app.history.isBusy(this._conversation)) this._app.history.newer(this._conversation);
  }

  _newest() {
    const { timeline } = this._conversation;
    if (timeline.atEnd) this._show(timeline.messages.slice(-PORTION));
    else this._app.history.latest(this._conversation);
  }

  _seen(time) {
    if (document.visibilityState === 'visible' && document.hasFocus()) this._app.client.markRead(this._conversation, time);
  }
}

/** The messages of a conversation. The custom element `<chat-log>` shows them; its contract is in docs/web.md. */
export function LogView({ app, conversation }) {
  const element = useRef(null);
  useEffect(() => {
    const binding = new Binding(app, conversation, element.current);
    app.log = binding;
    return () => binding.end();
  }, [conversation]);
  return html`<chat-log ref=${element} data-region></chat-log>`;
}
