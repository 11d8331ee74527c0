import { useState } from '../../vendor/preact-hooks.mjs';
import { wordsFor } from '../strings/index.js';
import { html } from './html.js';

/**
 * What a control does: whether it is being done, and what the server says against it, or about it.
 *
 * @returns {{busy: boolean, error: Error|null, said: string, run: (work: () => Promise<any>) => Promise<boolean>}} `run` returns
 *   whether it was done; a text that the work returns is what is said
 */
export function useTask() {
  const [state, setState] = useState({ busy: false, error: null, said: '' });
  const run = async (work) => {
    setState({ busy: true, error: null, said: '' });
    try {
      const said = await work();
      setState({ busy: false, error: null, said: typeof said === 'string' ? said : '' });
      return true;
    } catch (error) {
      setState({ busy: false, error, said: '' });
      return false;
    }
  };
  return { ...state, run };
}

/** What is wrong, beside the control that it is about. */
export function Problem({ error }) {
  return html`<p class="problem" role="alert">${error ? wordsFor(error) : ''}</p>`;
}

/** What was done, for those who look and those who listen. */
export function Done({ text }) {
  return html`<p class="done" role="status">${text}</p>`;
}
