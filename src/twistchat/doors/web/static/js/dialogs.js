import { Observable } from './model/observable.js';

/** What a dialog is closed with when it has led to a conversation. The focus goes there, and not back. */
export const ENTERED = 'entered';

/**
 * The dialogs that are open, each over the one before. `ui/dialog.js` shows them.
 *
 * A feature opens one by a function that loads its component, so its code is loaded when it is used. The component gets
 * `app`, its own properties and `close`, and shows a `<Dialog>`.
 */
export class Dialogs extends Observable {
  /** @param {(error: Error) => void} onMissing the code of a dialog cannot be loaded */
  constructor(onMissing = () => {}) {
    super();
    this._onMissing = onMissing;
    /** @type {{key: number, Component: Function, props: object, close: (value?: any) => void}[]} */
    this.open = [];
    this._next = 1;
    this._loading = false;
  }

  /**
   * Open a dialog.
   *
   * @param {() => Promise<Function>} load returns the component
   * @param {object} props
   * @returns {Promise<any>} what it is closed with; undefined if the user dismissed it, or it cannot be loaded
   */
  async show(load, props = {}) {
    // A second click, while the code is loaded, opens no second dialog.
    if (this._loading) return undefined;
    this._loading = true;
    let Component;
    try {
      Component = await load();
    } catch (error) {
      this._onMissing(error);
      return undefined;
    } finally {
      this._loading = false;
    }
    return new Promise((resolve) => {
      const key = this._next++;
      const close = (value) => {
        this.open = this.open.filter((one) => one.key !== key);
        this.changed();
        resolve(value);
      };
      this.open = [...this.open, { key, Component, props, close }];
      this.changed();
    });
  }

  /**
   * Ask before something is done that cannot be undone.
   *
   * @param {{title: string, text: string, action: string, field?: string}} words the last one is the label of a field, such as
   *   that of a reason
   * @returns {Promise<string|undefined>} what is in the field, or an empty string; undefined if the user does not want it
   */
  ask(words) {
    return this.show(() => import('./ui/confirm.js').then(({ Confirm }) => Confirm), words);
  }

  /** Close them all. */
  clear() {
    for (const { close } of [...this.open].reverse()) close();
  }
}
