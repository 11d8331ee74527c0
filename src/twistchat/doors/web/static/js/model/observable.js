/** Something that others watch. It tells them that it has changed; they read what they show again. */
export class Observable {
  constructor() {
    this._watchers = new Set();
  }

  /** Call a function after each change. @returns {() => void} ends this */
  watch(watcher) {
    this._watchers.add(watcher);
    return () => this._watchers.delete(watcher);
  }

  /** Tell the watchers of a change. */
  changed(change) {
    for (const watcher of [...this._watchers]) watcher(change);
  }
}
