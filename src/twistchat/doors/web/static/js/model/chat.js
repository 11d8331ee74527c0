import { Conversation } from './conversation.js';
import { mentionOf } from './messages.js';
import { Observable } from './observable.js';
import { People } from './people.js';
import { Session } from './session.js';

/** The conversations of this user. Watchers hear when one begins, ends or changes its name, and when another one is open. */
class Conversations extends Observable {
  constructor(fold) {
    super();
    this._fold = fold;
    /** @type {Map<string, Conversation>} */
    this.byName = new Map();
    /** The one that is shown. @type {Conversation|null} */
    this.open = null;
  }

  get(name) {
    return this.byName.get(this._fold(name));
  }

  [Symbol.iterator]() {
    return this.byName.values();
  }

  add(conversation) {
    this.byName.set(this._fold(conversation.name), conversation);
    this.changed();
  }

  remove(conversation) {
    this.byName.delete(this._fold(conversation.name));
    if (this.open === conversation) this.open = null;
    this.changed();
  }

  rename(conversation, name) {
    this.byName.delete(this._fold(conversation.name));
    conversation.name = name;
    this.add(conversation);
    conversation.changed();
  }

  show(conversation) {
    this.open = conversation;
    this.changed();
  }
}

/**
 * All that the page knows of the chat. The effects of lines (`effects/`) change it, and the user interface shows it.
 *
 * What is to be done elsewhere is announced (`on`, `tell`): `joined` (a conversation: this user has come in), `left`,
 * `unmarked` (a conversation: the server has no read marker of it), `renamed` ({conversation, from}), `message` ({conversation, message}: something was said just now), `synced`
 * ({conversation, complete}: the history of a conversation was loaded after an entry, and whether all of it), `invited`
 * ({by, room}), `listed` ({name, count, topic}: a room of a list), `listEnds`, `changed` (capabilities),
 * `welcomed` (the server has registered this client), `syncLater` ({target, seconds}: metadata is to be asked for).
 */
export class Chat {
  /** @param {() => import('../irc/isupport.js').Isupport} isupport @param {() => number} now */
  constructor(isupport, now) {
    this._isupport = isupport;
    this._listeners = new Map();
    this._mention = ['', () => false];
    /** Words that count as a mention of this user, besides the nick. @type {string[]} */
    this.highlights = [];
    this.session = new Session();
    this.fold = (name) => this.isupport.fold(name);
    this.people = new People(this.fold);
    /** Folded nicks whose texts are not shown, as long as the page is open. @type {Set<string>} */
    this.ignored = new Set();
    this.conversations = new Conversations(this.fold);
    /** @type {import('./messages.js').Reader} */
    this.reader = {
      isSelf: (nick) => this.isSelf(nick),
      mentions: (text) => {
        const names = [this.session.nick, ...this.highlights];
        const key = names.join('\n');
        if (this._mention[0] !== key) {
          const tests = names.filter(Boolean).map(mentionOf);
          this._mention = [key, (said) => tests.some((test) => test(said))];
        }
        return this._mention[1](text);
      },
      ignores: (nick) => this.ignored.has(this.fold(nick)),
      now,
    };
  }

  get isupport() {
    return this._isupport();
  }

  isSelf(nick) {
    return this.fold(nick) === this.fold(this.session.nick);
  }

  /** Show the texts of a nick no more, or again. What is shown already stays. */
  ignore(nick, ignored = true) {
    if (ignored && !this.isSelf(nick)) this.ignored.add(this.fold(nick));
    else this.ignored.delete(this.fold(nick));
    this.people.changed(nick);
  }

  /**
   * Return the conversation with a room or a nick. It begins, if there is none.
   *
   * @param {number|null} read the time up to which a new private conversation counts as read; null if that is not known yet
   */
  conversation(name, read = this.reader.now()) {
    const found = this.conversations.get(name);
    if (found) return found;
    const conversation = new Conversation(name, name === '*' ? 'server' : this.isupport.isRoom(name) ? 'room' : 'person');
    if (conversation.kind !== 'room') conversation.marker = read;
    this.conversations.add(conversation);
    return conversation;
  }

  /** Return the rooms. */
  rooms() {
    return [...this.conversations].filter((conversation) => conversation.kind === 'room');
  }

  on(event, listener) {
    this._listeners.set(event, [...(this._listeners.get(event) ?? []), listener]);
  }

  tell(event, value) {
    for (const listener of this._listeners.get(event) ?? []) listener(value);
  }
}
