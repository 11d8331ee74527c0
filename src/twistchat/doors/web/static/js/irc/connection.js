import { Batches } from './batches.js';
import { Capabilities } from './capabilities.js';
import { Isupport } from './isupport.js';
import { parse, serialize } from './message.js';
import { Outgoing } from './outgoing.js';
import { Registration } from './registration.js';
import { RequestError, Requests } from './requests.js';
import { Socket } from './socket.js';

/** What a service answers with, and the echo of what it was told. */
const TEXTS = new Set(['PRIVMSG', 'NOTICE']);

/**
 * A connection to the server that registers again each time it is restored.
 *
 * Its state is `closed`, `connecting` (also while it registers), `online` or `waiting` (for the next attempt).
 */
export class Connection {
  /**
   * @param {string} url
   * @param {object} listener
   * @param {(state: string) => void} listener.onState
   * @param {(item: object) => void} listener.onItem takes each line, and each batch at its end, in order
   * @param {(nick: string) => void} listener.onWelcome the server has registered the client
   * @param {() => void} listener.onEarly the server answers requests of a client that is not to be registered
   * @param {(error: RequestError) => void} listener.onRefused the server has not; the connection is closed
   * @param {{now: Function, set: Function, clear: Function, random: Function}} timers
   * @param {typeof WebSocket} Carrier
   */
  constructor(url, listener, timers, Carrier) {
    this._listener = listener;
    this.state = 'closed';
    this.isupport = new Isupport();
    this.capabilities = new Capabilities();
    this._requests = new Requests(timers);
    this._socket = new Socket(url, { onState: (s) => this._socketIs(s), onLine: (l) => this._take(l) }, timers, Carrier);
    this._outgoing = new Outgoing((line) => this._socket.send(line), timers);
    this._batches = new Batches();
  }

  /** Connect and register. @param {{nick: string, account: boolean, early?: boolean}} identity */
  open(identity) {
    this.identity = identity;
    this._welcomed = false;
    this._socket.open();
  }

  /** Connect now instead of after the wait. */
  retry() {
    if (this.state === 'waiting') this._socket.open();
  }

  close() {
    this._outgoing.clear();
    this._socket.close();
  }

  /** When the next attempt begins, while the state is `waiting`. */
  get retryAt() {
    return this._socket.retryAt;
  }

  /** Send a command whose answer does not matter. */
  send(command, params, { tags = {}, background = false } = {}) {
    if (this.state !== 'online') return;
    this._outgoing.push([serialize(command, params, tags)], background);
  }

  /**
   * Send a command, and return the promise of its answer: a line, or a batch.
   *
   * @param {object} options
   * @param {boolean} options.background whether it waits behind what a person does
   * @param {boolean} options.quiet whether the texts of the answer are for who asks alone, as those of a service are
   * @throws {RequestError} the server refuses it, the connection is lost, or there is no answer
   */
  request(command, params, { tags = {}, background = false, quiet = false } = {}) {
    return this._ask((label) => [serialize(command, params, { ...tags, label })], { background, quiet });
  }

  /** Send a text of several lines as one message, as `request` does. Source: IRCv3 multiline. */
  requestLines(command, target, texts, { tags = {} } = {}) {
    return this._ask((label) => {
      const name = `m${label}`;
      const inside = texts.map(({ text, concat }) =>
        serialize(command, [target, text], concat ? { batch: name, 'draft/multiline-concat': '' } : { batch: name }));
      return [
        serialize('BATCH', [`+${name}`, 'draft/multiline', target], { ...tags, label }),
        ...inside,
        serialize('BATCH', [`-${name}`]),
      ];
    });
  }

  async _ask(compose, { background = false, quiet = false } = {}) {
    const early = this.state === 'connecting' && this._registration?.early;
    if (this.state !== 'online' && !early) throw new RequestError('DISCONNECTED', '');
    const { label, answer } = this._requests.open({ quiet });
    this._outgoing.push(compose(label), background);
    return answer;
  }

  _socketIs(state) {
    if (state === 'open') {
      this.capabilities = new Capabilities();
      this.isupport = new Isupport();
      this._batches = new Batches();
      const send = (command, params) => this._socket.send(serialize(command, params));
      this._registration = new Registration(this.identity, this.capabilities, send, {
        onDone: (nick) => this._registered(nick),
        onEarly: () => this._listener.onEarly(),
        onFail: (error) => this._refused(error),
      });
      this._registration.start();
      return;
    }
    this._become(state);
    if (state !== 'connecting') {
      this._outgoing.clear();
      this._requests.abandon();
    }
  }

  _registered(nick) {
    this._socket.settled();
    this._welcomed = true;
    this._become('online');
    this._listener.onWelcome(nick);
  }

  _refused(error) {
    // After a loss, the server may still hold the nick for the lost connection.
    if (this._welcomed && error.code === '433') {
      this._socket.drop();
      return;
    }
    if (this._welcomed && error.code === 'ERROR') return;
    this.close();
    this._listener.onRefused(error);
  }

  _take(line) {
    const message = parse(line);
    if (message === null) return;
    if (message.command === 'PING') {
      this._socket.send(serialize('PONG', [message.params.at(-1) ?? '']));
      return;
    }
    if (message.command === '005') this.isupport.apply(message.params);
    this._registration.take(message);
    let item;
    try {
      item = this._batches.take(message);
    } catch {
      this._socket.drop();
      return;
    }
    if (item === null || !(this._registration.done || this._registration.early)) return;
    // What the item says takes effect before its request continues.
    const quiet = this._requests.isQuiet(item);
    for (const part of item.kind === 'batch' && item.type === 'labeled-response' ? item.items : [item]) {
      if (!quiet || !TEXTS.has(part.command)) this._listener.onItem(part);
    }
    this._requests.take(item);
  }

  _become(state) {
    if (state === this.state) return;
    this.state = state;
    this._listener.onState(state);
  }
}
