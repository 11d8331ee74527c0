/**
 * Return the conversation that the fragment of a URL names, or an empty string. `#room` and `##room` are the room `#room`, and
 * `#@nick` is a nick.
 */
export function fromFragment(fragment) {
  let text;
  try {
    text = decodeURIComponent(fragment.replace(/^##?/, ''));
  } catch {
    return '';
  }
  if (!text || /[\s,\x00-\x1f\x7f]/.test(text)) return '';
  return text.startsWith('@') ? text.slice(1) : `#${text}`;
}

/** Return the fragment of a URL for a conversation. */
export function toFragment(name) {
  return '#' + (name.startsWith('#') ? encodeURIComponent(name.slice(1)) : `@${encodeURIComponent(name)}`);
}

/** The address of the page, which names the open conversation. */
export class Address {
  /** @param {Window} window @param {(name: string) => void} onGo the user went to another address */
  constructor(window, onGo) {
    this._window = window;
    window.addEventListener('hashchange', () => {
      const name = this.current;
      if (name) onGo(name);
    });
  }

  get current() {
    return fromFragment(this._window.location.hash);
  }

  /** Name no conversation. */
  clear() {
    if (this._window.location.hash) this._window.history.replaceState(null, '', this._window.location.pathname);
  }

  /** Show a conversation in the address. */
  show(name) {
    if (this.current !== name) this._window.history.pushState(null, '', toFragment(name));
  }
}
