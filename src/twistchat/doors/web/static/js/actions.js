/**
 * What can be done with a message. The log offers the names of its menu and says which one was chosen (`choose`); features add
 * what it does.
 */
export class Actions {
  constructor() {
    this._byName = new Map();
  }

  /**
   * Add an action.
   *
   * @param {string} name
   * @param {(conversation: object, message: object, more: object) => void} run
   * @param {(conversation: object, message: object) => boolean} permits whether it can be done with a message
   */
  add(name, run, permits = () => true) {
    this._byName.set(name, { run, permits });
  }

  /** Whether an action can be done with a message. */
  permits(name, conversation, message) {
    return this._byName.get(name)?.permits(conversation, message) ?? false;
  }

  run(name, conversation, message, more = {}) {
    if (message && this.permits(name, conversation, message)) this._byName.get(name).run(conversation, message, more);
  }
}
