import { Actions } from './actions.js';
import { Address } from './address.js';
import { Client, NO_NICK } from './client.js';
import { Dialogs } from './dialogs.js';
import { History } from './history/history.js';
import { Connection } from './irc/connection.js';
import { apply } from './model/effects/index.js';
import { Chat } from './model/chat.js';
import { Observable } from './model/observable.js';
import { t } from './strings/index.js';

/** Where everyone goes who has been nowhere yet. */
const LOBBY = '#lobby';

/** Milliseconds for which is said what was done. */
const SAID = 15000;

/** Where a tab keeps the nick of its guest: a reload is no leaving. */
const GUEST = 'twistchat-guest';

/**
 * The parts of the page, put together, and the steps from the entry to the chat. Watchers hear when another view is due.
 *
 * Features attach here: `chat.on` (what happens), `actions.add` (what can be done with a message), `dialogs`, `settings`,
 * `client`.
 */
export class App extends Observable {
  /**
   * @param {object} world
   * @param {Window} world.window
   * @param {{now: Function, set: Function, clear: Function, random: Function}} world.timers
   * @param {import('./login.js').Login} world.login
   * @param {import('./settings.js').Settings} world.settings
   * @param {Storage} world.visit what lasts as long as the tab
   */
  constructor({ window, timers, login, settings, visit }) {
    super();
    this._visit = visit;
    this.timers = timers;
    this.settings = settings;
    this._window = window;
    this._login = login;
    const url = window.location.origin.replace(/^http/, 'ws') + '/socket';
    this.connection = new Connection(url, {
      onState: (state) => this.chat.session.update({ state }),
      onItem: (item) => apply(this.chat, item),
      onEarly: () => this._arrival?.resolve(),
      onWelcome: (nick) => this._welcomed(nick),
      onRefused: (error) => this._refused(error),
    }, timers, window.WebSocket);
    this.chat = new Chat(() => this.connection.isupport, timers.now);
    this.chat.session.watch(() => this._keepGuest());
    this.history = new History(this.connection, this.chat.reader);
    this.client = new Client({ ...this, history: this.history });
    this.actions = new Actions();
    this.dialogs = new Dialogs((error) => this.lacks(error));
    this.address = new Address(window, (name) => this.visit(name));
    /** Rooms and people: see `features.js`, which attaches it. @type {import('./rooms/rooms.js').Rooms|null} */
    this.rooms = null;
    /** What shows the messages of the open conversation. @type {{conversation: object, locate: Function}|null} */
    this.log = null;
    /** The message to go to as soon as its conversation is shown. */
    this._jump = null;
    /** What the server offers: the answer of `GET /login`, or null. */
    this.offer = null;
    this.entered = false;
    this.busy = false;
    this.error = null;
    /** Whether the server has another version of the page than this one, so that code is no longer there. */
    this.outdated = false;
    /** What this user has done, as a sentence that is shown for a while. */
    this.said = '';
    /** Who comes back after a login that has ended: the name of the account. */
    this.returning = '';
    /** Whether the entry begins with the login: a guest wants it. */
    this.wantsLogin = false;
    /** Profiles of users: see `features.js`, which attaches it. @type {import('./account/profiles.js').Profiles|null} */
    this.profiles = null;
    /** Waits for a connection that registers an account, before anybody enters. @type {{resolve: Function, reject: Function}|null} */
    this._arrival = null;
    /** Whether the sidebar is open, where the window is narrow. */
    this.sidebar = false;
    /** Whether the list of members is open. It begins closed where the window is narrow. */
    this.members = settings.get('members') && !this._isNarrow();
  }

  _isNarrow() {
    return this._window.matchMedia('(max-width: 60rem)').matches;
  }

  /** Return whether the user of this browser is an administrator of the server. */
  async administers() {
    return (await this._login.read()).admin === true;
  }

  /** Ask the server what it offers; enter at once with the account of an earlier login, or as the guest of this tab. */
  async start() {
    try {
      this.offer = await this._login.read();
      this.error = null;
      const guest = this._visit.getItem(GUEST);
      if (this.offer.account) this._enter(this.offer.account, true);
      else if (guest && this.offer.guests) this.enterAsGuest(guest);
    } catch (error) {
      this.error = error;
      this.timers.set(() => this.start(), 3000);
    }
    this.changed();
  }

  /** Some code of the page cannot be loaded: the server has another version of it, or cannot be reached. */
  async lacks(error) {
    console.error(error);
    try {
      await this._login.read();
    } catch {
      return;
    }
    this.outdated = true;
    // Nobody reaches what is behind a dialog.
    this.dialogs.clear();
    this.changed();
  }

  /** Load the page again. Drafts are kept. */
  reload() {
    this._window.location.reload();
  }

  /** Say no more what went wrong. */
  excuse() {
    this.error = null;
    this.changed();
  }

  /** Leave the chat, to log in with an account. */
  goToLogin() {
    this._forget();
    this.wantsLogin = true;
    this.changed();
  }

  /** Open the settings. @param {string} first the part that is shown first: `look`, `talk`, `profile` or `account` */
  showSettings(first) {
    this.dialogs.show(() => import('./ui/settings/settings.js').then(({ SettingsDialog }) => SettingsDialog), { first });
  }

  showShortcuts() {
    this.dialogs.show(() => import('./ui/settings/shortcuts.js').then(({ Shortcuts }) => Shortcuts));
  }

  /** Do not enter after all. */
  cancel() {
    this._forget();
    this.changed();
  }

  enterAsGuest(nick) {
    const [sign] = NO_NICK.exec(nick) ?? [];
    if (!sign) {
      this._enter(nick, false);
      return;
    }
    this.error = /\s/.test(sign) ? { code: 'NAME_SPACE' } : { code: 'NAME_SIGN', context: [sign] };
    this.changed();
  }

  /** @throws {import('./login.js').LoginError} */
  async logIn(name, password, code) {
    this._enter(await this._login.enter(name, password, code), true);
  }

  /**
   * Leave the chat, and end the login of this browser.
   *
   * @param {boolean} everywhere whether the logins of all browsers end
   */
  async logOut(everywhere = false) {
    const { account, nick } = this.chat.session;
    this._forget();
    if (!this.settings.get('nick')) this.settings.set('nick', nick);
    this.say(t(!account ? 'entry.left' : everywhere ? 'entry.loggedOutAll' : 'entry.loggedOut'));
    if (account) await this._login.leave(everywhere).catch((error) => this._stillLoggedIn(error));
  }

  /**
   * Connect as a guest who enters no room, to register an account. Where guests may not enter, an account can be registered
   * before the connection is.
   *
   * @throws {import('./irc/requests.js').RequestError} the server refuses the nick
   */
  arrive(nick) {
    return new Promise((resolve, reject) => {
      this._arrival = { resolve, reject };
      this.client.enter({ nick, account: false, early: !this.offer.guests });
    });
  }

  /** End the connection of `arrive`. */
  depart() {
    this._arrival = null;
    this.client.leave();
  }

  /** Log in to an account that was registered or verified just now, so that this browser stays logged in, and enter. */
  async settle(name, password) {
    const account = await this._login.enter(name, password);
    if (this.entered) {
      this.client.become(account);
    } else {
      this.depart();
      this._enter(account, true);
    }
    this.say(t('account.ready', { name: account }));
  }

  /** Say for a while what has been done; an empty text ends that. */
  say(text) {
    this.said = text;
    this.changed();
    if (text) this.timers.set(() => this.said === text && this.say(''), SAID);
  }

  /** Show a conversation, and name it in the address: see `Client.open`. */
  async open(name, options) {
    this.sidebar = false;
    if (this._isNarrow()) this.members = false;
    await this.client.open(name, options);
    this.changed();
  }

  /** Show a conversation that somebody names: a room that does not let this user in, too. It says why. */
  async visit(name) {
    try {
      await this.open(name);
    } catch (error) {
      if (!this.chat.isupport.isRoom(name) || error.code === 'DISCONNECTED') return;
      const conversation = this.chat.conversation(name);
      conversation.update({ outside: { how: 'refused', code: error.code, reason: error.message } });
      this.client.show(conversation);
    }
  }

  /**
   * Go to a message of a conversation.
   *
   * @returns {Promise<boolean>} whether there is such a message
   * @throws {import('./irc/requests.js').RequestError} the room does not let this user in
   */
  async jump(name, id) {
    await this.open(name);
    const conversation = this.chat.conversations.get(name);
    this._jump?.resolve(false);
    return new Promise((resolve) => {
      this._jump = { conversation, id, resolve };
      this.shown();
    });
  }

  /** The log shows a conversation: go to the message there that somebody waits for. */
  shown() {
    const { conversation, id, resolve } = this._jump ?? {};
    if (!conversation || this.log?.conversation !== conversation) return;
    this._jump = null;
    // What has to be shown with a conversation takes the focus before.
    this.timers.set(() => this.log.locate(id).then(resolve), 0);
  }

  toggleSidebar() {
    this.sidebar = !this.sidebar;
    this.changed();
  }

  toggleMembers() {
    this.members = !this.members;
    if (!this._isNarrow()) this.settings.set('members', this.members);
    this.changed();
  }

  skip(event) {
    event.preventDefault();
    this.write();
  }

  /** Move the focus to where one writes, or to the name of the conversation where nobody can. */
  write() {
    const { document } = this._window;
    (document.getElementById('composer') ?? document.querySelector('main h2'))?.focus({ preventScroll: true });
  }

  _enter(nick, account) {
    this.busy = true;
    this.said = '';
    this.error = null;
    this.changed();
    this.client.enter({ nick, account });
  }

  async _welcomed(nick) {
    if (this._arrival) {
      this.chat.session.update({ nick });
      this._arrival.resolve();
      return;
    }
    const first = !this.entered;
    if (first && !this.connection.identity.account) this.settings.set('nick', nick);
    this.entered = true;
    this.busy = false;
    this.returning = '';
    this.wantsLogin = false;
    this.chat.tell('welcomed');
    const wanted = this.address.current || this.settings.get('rooms')[0] || (this.settings.get('been') ? '' : LOBBY);
    this.client.welcomed(nick, first ? wanted : '');
    this.changed();
    if (first && wanted) await this.visit(wanted);
  }

  async _refused(error) {
    if (this._arrival) {
      this._arrival.reject(error);
      this._arrival = null;
      return;
    }
    const { account, nick } = this.connection.identity;
    if (account) this.returning = this.chat.session.account ?? nick;
    this._forget();
    this.error = error;
    this.changed();
    if (account) await this._explain();
  }

  /** Find out whether a login that the server refuses has ended, and say so. The address and the rooms are kept. */
  async _explain() {
    const offer = await this._login.read().catch(() => null);
    if (!offer || this.busy || this.entered) return;
    this.offer = offer;
    if (!offer.account) this.error = { code: 'LOGIN_EXPIRED' };
    this.changed();
  }

  _stillLoggedIn(error) {
    this.said = '';
    this.error = { code: 'STILL_LOGGED_IN', context: { text: error.message } };
    this.changed();
  }

  _keepGuest() {
    const { nick, account } = this.chat.session;
    if (account) this._visit.removeItem(GUEST);
    else if (this.entered && nick) this._visit.setItem(GUEST, nick);
  }

  /** Go back to the entry. What was said to one account is not shown to the next. */
  _forget() {
    this.entered = false;
    this._visit.removeItem(GUEST);
    this.client.leave();
    this.dialogs.clear();
    this.chat.session.update({ account: null });
    this.busy = false;
    this.error = null;
  }
}
