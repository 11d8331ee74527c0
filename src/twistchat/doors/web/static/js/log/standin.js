import { t } from '../strings/index.js';

/** How near to the top or the end counts as there, in pixels. */
const NEAR = 200;

function rowOf(message) {
  const row = document.createElement('p');
  row.className = `row row-${message.kind}`;
  row.dataset.id = message.id;
  const time = document.createElement('time');
  time.dateTime = new Date(message.time).toISOString();
  time.textContent = new Date(message.time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  const spoken = message.kind === 'text' || message.kind === 'notice' || message.kind === 'action';
  const nick = document.createElement('b');
  nick.textContent = spoken ? message.nick : '';
  const text = document.createElement('span');
  text.textContent = spoken ? message.text : t(`log.${message.kind}`, message);
  row.append(time, ' ', nick, ' ', text);
  return row;
}

/** The simplest log: it shows the contract of `<chat-log>` (docs/web.md) and no more. */
class PlainLog extends HTMLElement {
  connectedCallback() {
    this.setAttribute('role', 'log');
    this.tabIndex = 0;
    this.addEventListener('scroll', () => {
      if (this.scrollTop < NEAR && this.firstChild) this._tell('needolder', { before: this.firstChild.dataset.id });
      this._see();
    });
    this._onFocus = () => this._see();
    window.addEventListener('focus', this._onFocus);
  }

  disconnectedCallback() {
    window.removeEventListener('focus', this._onFocus);
  }

  show({ name }) {
    this.setAttribute('aria-label', t('log.label', { name }));
    this._times = [];
    this.replaceChildren();
  }

  append(messages) {
    const atEnd = this._isAtEnd();
    super.append(...messages.map(rowOf));
    this._times.push(...messages.map((message) => message.time));
    if (atEnd) this.scrollTop = this.scrollHeight;
    this._see();
  }

  prepend(messages) {
    const below = this.scrollHeight - this.scrollTop;
    super.prepend(...messages.map(rowOf));
    this._times.unshift(...messages.map((message) => message.time));
    this.scrollTop = this.scrollHeight - below;
  }

  update(id, message) {
    this._row(id)?.replaceWith(rowOf(message));
  }

  setMarker() {}

  find(id) {
    const row = this._row(id);
    row?.scrollIntoView({ block: 'center' });
    return Boolean(row);
  }

  _row(id) {
    return [...this.children].find((row) => row.dataset.id === id);
  }

  _see() {
    if (this._isAtEnd() && this._times?.length) this._tell('seen', { time: this._times.at(-1) });
  }

  _tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }

  _isAtEnd() {
    return this.scrollHeight - this.scrollTop - this.clientHeight < NEAR;
  }
}

if (!customElements.get('chat-log')) customElements.define('chat-log', PlainLog);
