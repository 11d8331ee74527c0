/** How many messages are kept; beyond, the first ones that were noted are forgotten. */
const MOST = 1000;

/**
 * The messages of a conversation that are not read. Each counts once, wherever it comes from: live, from the history, or both.
 * It does not matter which part of the history is loaded.
 */
export class Unread {
  constructor() {
    /** @type {Map<string, {time: number, mention: boolean}>} */
    this._byId = new Map();
  }

  /** Note a message that is not read. */
  note(id, time, mention) {
    this._byId.set(id, { time, mention });
    if (this._byId.size > MOST) this._byId.delete(this._byId.keys().next().value);
  }

  /** A message is no longer there to be read. */
  forget(id) {
    return this._byId.delete(id);
  }

  /** The messages up to a time are read. */
  read(time) {
    for (const [id, message] of this._byId) {
      if (message.time <= time) this._byId.delete(id);
    }
  }

  get count() {
    return this._byId.size;
  }

  get mentions() {
    return [...this._byId.values()].filter((message) => message.mention).length;
  }
}
