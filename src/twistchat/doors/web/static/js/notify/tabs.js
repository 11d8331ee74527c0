/** How long a tab waits for what the others say, in milliseconds. */
const WAIT = 200;

/** How many messages are remembered that others have taken. */
const MOST = 500;

/**
 * The tabs of this browser, which agree on who tells the user of a message: the first that asks, or the one with the lowest name
 * of those that ask at the same time; and none, if a tab shows that message to the user already.
 */
export class Tabs {
  /**
   * @param {BroadcastChannel|null} channel null where there is none: this tab is the only one then
   * @param {{set: Function, random: () => number}} timers
   */
  constructor(channel, timers) {
    this._channel = channel;
    this._timers = timers;
    this._name = timers.random();
    /** Claims of this tab that are not decided, and whether they are lost. @type {Map<string, {lost: boolean}>} */
    this._claims = new Map();
    /** @type {Set<string>} */
    this._taken = new Set();
    channel?.addEventListener('message', ({ data }) => this._hear(data));
  }

  /** Say that this tab shows a message to the user. */
  show(id) {
    this._channel?.postMessage({ shown: id });
  }

  /** Ask whether this tab is to tell the user of a message. @returns {Promise<boolean>} */
  claim(id) {
    if (this._taken.has(id)) return Promise.resolve(false);
    this._take(id);
    if (!this._channel) return Promise.resolve(true);
    const claim = { lost: false };
    this._claims.set(id, claim);
    this._channel.postMessage({ claimed: id, by: this._name });
    return new Promise((resolve) => this._timers.set(() => {
      this._claims.delete(id);
      resolve(!claim.lost);
    }, WAIT));
  }

  _hear({ shown, claimed, by }) {
    const claim = this._claims.get(shown ?? claimed);
    if (claim) claim.lost ||= shown !== undefined || by < this._name;
    else this._take(shown ?? claimed);
  }

  _take(id) {
    this._taken.add(id);
    if (this._taken.size > MOST) this._taken.delete(this._taken.values().next().value);
  }
}
