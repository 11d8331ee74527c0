import { Observable } from './observable.js';

/** This client: its nick, its account, and the state of its connection. */
export class Session extends Observable {
  constructor() {
    super();
    this.nick = '';
    /** @type {string|null} */
    this.account = null;
    /** The state of the connection: see `Connection`. */
    this.state = 'closed';
    this.away = false;
  }

  update(fields) {
    Object.assign(this, fields);
    this.changed();
  }
}
