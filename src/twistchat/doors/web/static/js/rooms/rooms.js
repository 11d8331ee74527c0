import { lines } from '../irc/requests.js';
import { Observable } from '../model/observable.js';
import { AccessList } from './access.js';
import { Directory } from './directory.js';
import { change, toEntries } from './modes.js';
import { toProfile } from './whois.js';

/** How many invitations are shown. */
const MOST_INVITATIONS = 5;

/** Whose presence is asked for: that of rooms with so many members at most. Others are known as they change. */
const MOST_LOOKED = 300;

/** The fields that are asked for: type, nick, flags, account, realname. Source: IRCv3 whox. */
const FIELDS = '%tnfar,7';

/**
 * What people do with rooms and with each other, beside talking. Watchers hear of invitations.
 *
 * Verbs that return a promise reject it with a `RequestError` when the server refuses.
 */
export class Rooms extends Observable {
  /** @param {{chat: object, connection: object, client: object, settings: object, timers: object}} parts */
  constructor({ chat, connection, client, settings, timers }) {
    super();
    this._chat = chat;
    this._connection = connection;
    this._client = client;
    this._settings = settings;
    this.directory = new Directory({ chat, connection, timers });
    this.access = new AccessList({ chat, connection });
    /** The newest invitations. @type {{by: string, room: string}[]} */
    this.invitations = [];
    /** Conversations whose people's presence has been asked for on this connection. */
    this._looked = new WeakSet();
    chat.session.watch(() => this._online(chat.session.state === 'online'));
    chat.on('invited', (invitation) => this._invited(invitation));
    chat.on('joined', (conversation) => {
      this._looked.delete(conversation);
      this.dismiss(conversation.name);
    });
    chat.on('renamed', ({ conversation, from }) => this._renamed(conversation, from));
  }

  /** Set the topic of a room; an empty one removes it. */
  setTopic(room, text) {
    return this._connection.request('TOPIC', [room.name, text]);
  }

  /** Change the modes of a room. @param {string[]} params such as `+l`, `5` */
  setModes(room, ...params) {
    return this._connection.request('MODE', [room.name, ...params]);
  }

  /** Set a mode of `MODES` to a value, or lift it. */
  setMode(room, which, value) {
    return this.setModes(room, ...change(which, value, room.modes.get(which.mode)));
  }

  /**
   * Give a rank to a member, or take it.
   *
   * @param {string|null} account whose rank it is for good, in a registered room; null if it is for this visit
   */
  async setRank(room, nick, mode, given, account = null) {
    if (account) await this.access.change(room, account, mode, given);
    // The list may have changed what the member has: MODE is for what is left, such as a rank that was for the visit.
    const { prefix } = this._chat.isupport.ranks.find((rank) => rank.mode === mode);
    const member = room.members.byName.get(this._chat.fold(nick));
    if (!account || (member && member.prefixes.includes(prefix) !== given)) await this.setModes(room, (given ? '+' : '-') + mode, nick);
  }

  /** Return the entries of a list of `LISTS`. */
  async list(room, which) {
    return toEntries(lines(await this._connection.request('MODE', [room.name, which.mode])), which);
  }

  kick(room, nick, reason = '') {
    return this._connection.request('KICK', reason ? [room.name, nick, reason] : [room.name, nick]);
  }

  invite(room, nick) {
    return this._connection.request('INVITE', [nick, room.name]);
  }

  /** Give a room another name. Source: IRCv3 channel-rename. */
  rename(room, name, reason = '') {
    return this._connection.request('RENAME', reason ? [room.name, name, reason] : [room.name, name]);
  }

  /** Load what is known of a room: its modes, and when it was created. */
  load(room) {
    return this._connection.request('MODE', [room.name]);
  }

  /** Return what ChanServ answers. @param {string[]} words such as `REGISTER`, `#room` */
  async askChanServ(...words) {
    const answer = await this._connection.request('CS', [words.join(' ')], { quiet: true });
    return lines(answer).filter((line) => line.command === 'NOTICE').map((line) => line.params[1]);
  }

  /** Return who founded a registered room and what is set there, or null if it is not registered. */
  async registration(room) {
    const [first = '', ...settings] = await this.askChanServ('INFO', room.name);
    const founder = /: founder (\S+), created /.exec(first)?.[1];
    return founder ? { founder, settings } : null;
  }

  /**
   * Create a room, and show it.
   *
   * @param {string} name
   * @param {{topic: string, modes: string, register: boolean}} options
   * @returns {Promise<{created: boolean, said: string[], registered?: boolean}>} whether this user is its operator now; what ChanServ
   *   said, and whether it registered the room
   */
  async create(name, { topic = '', modes = '', register = false } = {}) {
    await this._client.join(name);
    const room = this._chat.conversations.open;
    const prefixes = room.members.byName.get(this._chat.fold(this._chat.session.nick))?.prefixes ?? '';
    const created = prefixes !== '' && room.members.byName.size === 1;
    if (!created) return { created, said: [] };
    if (modes) await this.setModes(room, `+${modes}`);
    if (topic) await this.setTopic(room, topic);
    const said = register ? await this.askChanServ('REGISTER', room.name) : [];
    return { created, said, registered: said.some((text) => text.startsWith(`${room.name} is registered`)) };
  }

  /** Return what the server knows of a user, and load the metadata of the profile. Null if there is nobody. */
  async profile(nick) {
    if (this._connection.capabilities.has('metadata-3') || this._connection.capabilities.has('metadata-2')) {
      this._connection.send('METADATA', [nick, 'GET', 'display-name', 'color'], { background: true });
    }
    try {
      return toProfile(lines(await this._connection.request('WHOIS', [nick])));
    } catch (error) {
      if (error.code === '401' || error.code === '402') return null;
      throw error;
    }
  }

  /** Ask once on a connection who of a conversation is away. Source: IRCv3 whox. */
  look(conversation) {
    const isRoom = conversation.kind === 'room';
    if (isRoom && (!conversation.joined || conversation.members.byName.size > MOST_LOOKED)) return;
    if (conversation.kind === 'server' || this._looked.has(conversation) || this._connection.state !== 'online') return;
    if (!this._connection.isupport.tokens.has('WHOX')) return;
    this._looked.add(conversation);
    this._connection.send('WHO', [conversation.name, FIELDS], { background: true });
  }

  /** Forget an invitation. */
  dismiss(room) {
    this.invitations = this.invitations.filter((one) => this._chat.fold(one.room) !== this._chat.fold(room));
    this.changed();
  }

  /** Whether a conversation is in a list of the settings: `favourites`, or `muted`. */
  isIn(list, conversation) {
    return this._settings.get(list).includes(this._chat.fold(conversation.name));
  }

  /** Put a conversation into a list of the settings, or take it out. */
  put(list, conversation, into) {
    const name = this._chat.fold(conversation.name);
    const others = this._settings.get(list).filter((one) => one !== name);
    this._settings.set(list, into ? [...others, name] : others);
    conversation.changed();
  }

  _online(online) {
    if (online && !this._wasOnline) this._looked = new WeakSet();
    this._wasOnline = online;
  }

  _invited({ by, room }) {
    if (this._chat.conversations.get(room)?.joined) return;
    this.dismiss(room);
    this.invitations = [{ by, room }, ...this.invitations].slice(0, MOST_INVITATIONS);
    this.changed();
  }

  _renamed(conversation, from) {
    for (const list of ['favourites', 'muted']) {
      const names = this._settings.get(list);
      const old = this._chat.fold(from);
      if (names.includes(old)) {
        this._settings.set(list, [...names.filter((name) => name !== old), this._chat.fold(conversation.name)]);
      }
    }
  }
}
