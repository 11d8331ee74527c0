import { Observable } from '../model/observable.js';
import { t } from '../strings/index.js';

/**
 * What is not read in all conversations together: in the title of the page, and in its icon. Watchers hear of each change.
 */
export class Badge extends Observable {
  /**
   * @param {import('../app.js').App} app
   * @param {Document} document
   */
  constructor(app, document) {
    super();
    this._app = app;
    this._document = document;
    this._icon = document.querySelector('link[rel="icon"]');
    this._plain = this._icon?.getAttribute('href') ?? '';
    /** The conversations that are watched. @type {Map<object, () => void>} */
    this._watched = new Map();
    app.chat.conversations.watch(() => this._follow());
    app.settings.watch(() => this._show());
    app.watch(() => this._show());
    this._follow();
  }

  _follow() {
    const all = new Set(this._app.chat.conversations);
    for (const [conversation, end] of this._watched) {
      if (all.has(conversation)) continue;
      end();
      this._watched.delete(conversation);
    }
    for (const conversation of all) {
      if (!this._watched.has(conversation)) this._watched.set(conversation, conversation.watch(() => this._show()));
    }
    this._show();
  }

  _show() {
    const { kind, title } = this._words();
    if (this._document.title !== title) this._document.title = title;
    const icon = this._plain.replace(/icon\.svg$/, kind ? `icon-${kind}.svg` : 'icon.svg');
    if (this._icon && this._icon.getAttribute('href') !== icon) this._icon.setAttribute('href', icon);
    this.changed();
  }

  /** Return the title, and the kind of the icon: empty, `unread` or `mention`. */
  _words() {
    const app = this._app;
    const network = app.offer?.network ?? '';
    if (!app.entered) return { title: network, kind: '' };
    const counted = [...app.chat.conversations].filter((conversation) => !app.rooms.isIn('muted', conversation));
    const mentions = counted.reduce((sum, conversation) => sum + conversation.mentions, 0);
    const unread = counted.some((conversation) => conversation.unread);
    const { open } = app.chat.conversations;
    const name = open && open.kind !== 'server' ? t('notify.page', { name: open.name, network }) : network;
    if (mentions) return { title: t('notify.count', { count: mentions, title: name }), kind: 'mention' };
    return unread ? { title: t('notify.unread', { title: name }), kind: 'unread' } : { title: name, kind: '' };
  }
}
