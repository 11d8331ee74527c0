import { useEffect, useRef, useState } from '../../vendor/preact-hooks.mjs';
import { composingOf } from '../compose/composing.js';
import '../log/chatlog.js';
import { showPerson } from '../rooms/views.js';
import { html } from './html.js';
import { News, NewsBar } from './news.js';

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
    changes: message.kind === 'mode' ? app.chat.isupport.changes(message.text.split(' ')) : null,
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
    /** Where the line above new messages is: it stays there until another conversation is shown. */
    this._line = null;
    /** The time of the newest message that was on the screen. */
    this._read = -Infinity;
    /** Folded nicks to the profiles with which their messages are shown. */
    this._worn = new Map();
    /** What was said before this user came back. */
    this.news = new News(app.history, conversation, (id) => this._isSeen(id));
    const look = () => this.news.look();
    log.addEventListener('scroll', look, { capture: true, passive: true });
    log.permits = (action, message) => app.actions.permits(action, conversation, message);
    const events = {
      needolder: ({ before }) => this._older(before),
      neednewer: ({ after }) => this._newer(after),
      neednewest: () => this._newest(),
      seen: ({ time }) => this._seen(time),
      locate: ({ id }) => this.locate(id),
      nick: ({ nick }) => showPerson(app, nick, conversation),
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
      this._watchReader(),
      app.settings.watch(() => this._wear()),
      app.chat.people.watch((nick) => this._dressAnew(nick)),
      () => log.removeEventListener('scroll', look, { capture: true }),
      () => listeners.forEach(([name, listener]) => log.removeEventListener(name, listener)),
    ];
    conversation.timeline.isFar = () => !log.atEnd;
    this.end = () => {
      ends.forEach((end) => end());
      conversation.timeline.isFar = () => false;
    };
    this._wear();
    this._showEnd();
    this.news.count();
  }

  /** Whether a message is on the screen, or below it. */
  _isSeen(id) {
    const row = this._log.querySelector(`.row[data-msgid="${CSS.escape(id)}"]`);
    return row !== null && row.getBoundingClientRect().bottom > this._log.getBoundingClientRect().top;
  }

  /** The conversation that is shown. */
  get conversation() {
    return this._conversation;
  }

  /**
   * Go to a message, wherever in the history it is.
   *
   * @returns {Promise<boolean>} whether there is such a message
   */
  async locate(id) {
    const { timeline } = this._conversation;
    if (!timeline.has(id)) await this._app.history.around(this._conversation, id);
    const index = timeline.messages.findIndex((message) => message.id === id);
    if (index < 0) return false;
    if (!this._log.find(id)) {
      this._show(Math.max(0, index - PORTION / 2), index + PORTION / 2);
      this._log.find(id);
    }
    return true;
  }

  /** Follow the settings. */
  _wear() {
    this._log.presence = this._app.settings.get('presence');
  }

  /** Show the messages of a user with the profile as it is now. */
  _dressAnew(nick) {
    const name = this._app.chat.fold(nick ?? '');
    if (!this._worn.has(name) || this._worn.get(name) === this._profile(nick)) return;
    const messages = this._conversation.timeline.messages.filter((message) => this._app.chat.fold(message.nick) === name);
    for (const message of this._dress(messages)) this._log.update(message.id, message);
  }

  _profile(nick) {
    const metadata = this._app.chat.people.get(nick)?.metadata;
    return `${metadata?.get('color') ?? ''} ${metadata?.get('display-name') ?? ''}`;
  }

  _dress(messages) {
    for (const { nick } of messages) this._worn.set(this._app.chat.fold(nick), this._profile(nick));
    return messages.map((message) => dressed(this._app, this._conversation, message));
  }

  /** Show what becomes of a message that this user sends. */
  _sent({ type, message, id, by }) {
    if (type === 'add') {
      this._log.append(this._dress([message]), { newer: false });
      this._log.toEnd();
    } else if (type === 'update') {
      this._log.update(message.id, this._dress([message])[0]);
    } else {
      const arrived = by && this._conversation.timeline.find(by);
      if (arrived) this._log.update(id, this._dress([arrived])[0]);
      else this._log.remove(id);
    }
  }

  /** Go to the newest message. */
  toEnd() {
    this._log.toEnd();
  }

  /** Show nothing of what was said so far, until the conversation is shown again. */
  clear() {
    this._cleared = this._conversation.timeline.messages.at(-1)?.time ?? -Infinity;
    this._log.show(this._conversation);
  }

  /** Show the messages from one index to another. */
  _show(from, to) {
    const { timeline } = this._conversation;
    this._log.show(this._conversation, { past: !timeline.atEnd || to < timeline.messages.length });
    this._line ??= this._conversation.marker;
    this._log.setMarker(this._line);
    this._log.append(this._dress(timeline.messages.slice(from, to)), { newer: true });
    if (this._log.atEnd) this._log.append(this._dress(this._sending.of(this._conversation)));
  }

  _showEnd() {
    const { length } = this._conversation.timeline.messages;
    this._show(Math.max(0, length - PORTION), length);
  }

  /** Draw the line as soon as it is known where. */
  _mark() {
    this.news.count();
    if (this._line !== null || this._conversation.marker === null) return;
    this._line = this._conversation.marker;
    this._log.setMarker(this._line);
  }

  _changed({ type, messages, message, id, live, end }) {
    const { timeline } = this._conversation;
    if (type === 'reset') {
      this._showEnd();
      this.news.count();
    } else if (type === 'update') this._log.update(id, this._dress([message])[0]);
    else if (type === 'prepend') this._log.prepend(this._dress(messages), { before: timeline.messages[messages.length]?.id });
    else if (live) this._log.append(this._dress(messages), { newer: false });
    else this._log.append(this._dress(messages), { newer: true, end, after: timeline.messages.at(-1 - messages.length)?.id });
  }

  _older(before) {
    const { timeline } = this._conversation;
    const index = timeline.messages.findIndex((message) => message.id === before);
    if (timeline.messages[index - 1]?.time <= this._cleared) this._log.prepend([]);
    else if (index > 0) this._log.prepend(this._dress(timeline.messages.slice(Math.max(0, index - PORTION), index)));
    else if (timeline.atStart) this._log.prepend([]);
    else this._app.history.older(this._conversation);
  }

  _newer(after) {
    const { timeline } = this._conversation;
    const index = timeline.messages.findIndex((message) => message.id === after);
    if (index < 0 && timeline.atEnd) {
      this._showEnd();
      return;
    }
    const messages = index < 0 ? [] : timeline.messages.slice(index + 1, index + 1 + PORTION);
    const end = timeline.atEnd && index + 1 + messages.length === timeline.messages.length;
    if (messages.length || timeline.atEnd) this._log.append(this._dress(messages), { newer: true, after, end });
    else this._app.history.newer(this._conversation);
  }

  _newest() {
    const { timeline } = this._conversation;
    const inside = this._log.contains(document.activeElement);
    if (timeline.atEnd) this._showEnd();
    else this._app.history.latest(this._conversation);
    if (inside) document.getElementById('composer')?.focus({ preventScroll: true });
  }

  _seen(time) {
    this._read = Math.max(this._read, time);
    if (document.visibilityState === 'visible' && document.hasFocus()) this._app.client.markRead(this._conversation, this._read);
  }

  /** Mark as read what is on the screen when the reader comes back. What arrives meanwhile is below a line. */
  _watchReader() {
    const back = () => this._seen(this._read);
    const gone = () => {
      if (document.visibilityState === 'visible') {
        back();
      } else if (this._line !== null && !this._conversation.unread) {
        this._line = this._conversation.marker;
        this._log.setMarker(this._line);
      }
    };
    window.addEventListener('focus', back);
    document.addEventListener('visibilitychange', gone);
    return () => {
      window.removeEventListener('focus', back);
      document.removeEventListener('visibilitychange', gone);
    };
  }
}

/** The messages of a conversation. The custom element `<chat-log>` shows them; its contract is in docs/web.md. */
export function LogView({ app, conversation }) {
  const element = useRef(null);
  const [shown, setShown] = useState(null);
  useEffect(() => {
    const binding = new Binding(app, conversation, element.current);
    app.log = binding;
    setShown(binding);
    app.shown();
    return () => binding.end();
  }, [conversation]);
  return html`<${NewsBar} news=${shown?.news ?? null} go=${(id) => shown.locate(id)} />
    <chat-log ref=${element} data-region></chat-log>`;
}
