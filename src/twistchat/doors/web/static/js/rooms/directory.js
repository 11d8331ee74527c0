import { RequestError } from '../irc/requests.js';
import { Observable } from '../model/observable.js';
import { byName } from './ranks.js';

/** How many rooms are kept. If there are more, the filter asks the server. */
const MOST = 5000;

/** Milliseconds without a line of the list after which it counts as lost. */
const PATIENCE = 20000;

/** Milliseconds between two changes that watchers hear of while the list comes in. */
const PAUSE = 250;

/**
 * The list of rooms. It comes line by line, and without a label, so a long one is never held back as a whole.
 * Source: modern.ircdocs.horse, LIST.
 */
export class Directory extends Observable {
  /** @param {{chat: object, connection: object, timers: object}} parts */
  constructor({ chat, connection, timers }) {
    super();
    this._connection = connection;
    this._timers = timers;
    /** @type {Map<string, {name: string, count: number, topic: string}>} */
    this.rooms = new Map();
    this.loading = false;
    /** Whether there are more rooms than were kept. */
    this.cut = false;
    /** @type {RequestError|null} */
    this.error = null;
    chat.on('listed', (room) => this._take(room));
    chat.on('listEnds', () => this._end(null));
  }

  /** Load the list, or the rooms whose names have a text. */
  load(text = '') {
    if (this._connection.state !== 'online') {
      this._end(new RequestError('DISCONNECTED', ''));
      return;
    }
    this.rooms = new Map();
    Object.assign(this, { loading: true, cut: false, error: null });
    this._wait();
    this._connection.send('LIST', text ? [`*${text.replace(/[\s,*?!<>]+/g, '?').slice(0, 64)}*`] : []);
    this.changed();
  }

  /** Return the rooms whose name or topic has a text. */
  select(text, order) {
    return select([...this.rooms.values()], text, order);
  }

  _take(room) {
    if (!this.loading) return;
    if (this.rooms.size >= MOST) this.cut = true;
    else this.rooms.set(room.name, room);
    this._wait();
    this._pause ??= this._timers.set(() => {
      this._pause = undefined;
      this.changed();
    }, PAUSE);
  }

  _wait() {
    this._timers.clear(this._timer);
    this._timer = this._timers.set(() => this._end(new RequestError('TIMEOUT', '')), PATIENCE);
  }

  _end(error) {
    this._timers.clear(this._timer);
    this.loading = false;
    this.error = error;
    this.changed();
  }
}

/**
 * Return rooms whose name or topic has a text.
 *
 * @param {{name: string, count: number, topic: string}[]} rooms
 * @param {'members'|'name'} order members: the fullest first
 */
export function select(rooms, text, order) {
  const wanted = text.trim().toLowerCase();
  const found = wanted ? rooms.filter(({ name, topic }) => `${name} ${topic}`.toLowerCase().includes(wanted)) : [...rooms];
  return found.sort((one, other) => (order === 'members' && other.count - one.count) || byName(one.name, other.name));
}

/**
 * Say what is wrong with the name of a new room.
 *
 * @param {string} name with its `#`
 * @returns {string} a key of the strings, or an empty one
 */
export function checkName(name, most) {
  if (name.length < 2) return 'create.noName';
  if (/[\s,\x00-\x1f\x7f]/.test(name)) return 'create.badName';
  return [...name].length > most ? 'create.longName' : '';
}
