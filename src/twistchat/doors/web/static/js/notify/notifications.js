import { plain } from '../log/format.js';
import { safeName } from '../log/safe.js';
import { isSpoken } from '../model/messages.js';
import { Observable } from '../model/observable.js';
import { t } from '../strings/index.js';

/** How many characters of a message a notification has. */
const MOST = 200;

/**
 * Notifications of the desktop, for mentions and private messages that nobody looks at. Watchers hear when they are turned on or
 * off. The browser is asked for its permission by `enable` only, which the user starts.
 */
export class Notifications extends Observable {
  /**
   * @param {object} parts
   * @param {import('../model/chat.js').Chat} parts.chat
   * @param {import('../settings.js').Settings} parts.settings
   * @param {import('./tabs.js').Tabs} parts.tabs
   * @param {typeof Notification|undefined} parts.Api
   * @param {() => boolean} parts.isWatched whether the user looks at this page
   * @param {(conversation: object) => boolean} parts.isMuted
   * @param {(name: string, id: string) => void} parts.go shows a message to the user
   * @param {string} parts.icon the URL of an image
   */
  constructor({ chat, settings, tabs, Api, isWatched, isMuted, go, icon }) {
    super();
    Object.assign(this, { _settings: settings, _tabs: tabs, _Api: Api, _isWatched: isWatched, _isMuted: isMuted, _go: go, _icon: icon });
    /** Those that are shown, by conversation. @type {Map<object, Notification>} */
    this._shown = new Map();
    chat.on('message', (event) => this._said(event));
  }

  /** `on`, `off`, `denied` by the browser, or `unsupported`. */
  get state() {
    if (!this._Api?.requestPermission) return 'unsupported';
    if (this._Api.permission === 'denied') return 'denied';
    return this._Api.permission === 'granted' && this._settings.get('notifications') ? 'on' : 'off';
  }

  /** Turn them on. The browser may ask the user. */
  async enable() {
    const permission = await this._Api.requestPermission();
    if (permission === 'granted') this._settings.set('notifications', true);
    this.changed();
  }

  disable() {
    this._settings.set('notifications', false);
    this.tidy(() => true);
    this.changed();
  }

  /** Close those whose conversation has been read, here or elsewhere. */
  tidy(isOver = (conversation) => !conversation.mentions) {
    for (const [conversation, note] of this._shown) {
      if (!isOver(conversation)) continue;
      this._shown.delete(conversation);
      note.close();
    }
  }

  async _said({ conversation, message }) {
    const direct = conversation.kind === 'person';
    if (message.self || !isSpoken(message) || !(message.mention || direct) || this._isMuted(conversation)) return;
    if (this._isWatched()) {
      this._tabs.show(message.id);
    } else if (this.state === 'on' && await this._tabs.claim(message.id) && this.state === 'on') {
      this._show(conversation, message);
    }
  }

  _show(conversation, message) {
    const nick = safeName(message.nick);
    const title = conversation.kind === 'person' ? nick : t('notify.title', { nick, name: safeName(conversation.name) });
    // Later ones of a conversation take the place of earlier ones.
    const options = { body: plain(message.text).slice(0, MOST), tag: conversation.name, renotify: true, icon: this._icon };
    let note;
    try {
      note = new this._Api(title, options);
    } catch {
      // Browsers of phones have the class, and refuse to make one.
      this._Api = undefined;
      this.changed();
      return;
    }
    this._shown.set(conversation, note);
    note.onclick = () => {
      note.close();
      this._go(conversation.name, message.id);
    };
  }
}
