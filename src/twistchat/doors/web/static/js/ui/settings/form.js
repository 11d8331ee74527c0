import { useId, useState } from '../../../vendor/preact-hooks.mjs';
import { wordsFor } from '../../strings/index.js';
import { html } from '../html.js';

/**
 * The state of something that is asked of the server: whether it waits, what went wrong, and what the server says.
 *
 * @returns {{waits: boolean, error: Error|null, said: string, run: (work: () => Promise<string|void>) => Promise<boolean>}}
 *   `run` does the work, whose outcome is what is said; it returns whether that has succeeded
 */
export function useTask() {
  const [state, setState] = useState({ waits: false, error: null, said: '' });
  const run = async (work) => {
    setState({ waits: true, error: null, said: '' });
    try {
      const said = await work();
      setState({ waits: false, error: null, said: said ?? '' });
      return true;
    } catch (error) {
      setState({ waits: false, error, said: '' });
      return false;
    }
  };
  return { ...state, run };
}

/** What the server says about a task, beside its fields. */
export function Outcome({ task }) {
  return html`<p class="problem" role="alert">${task.error ? wordsFor(task.error) : ''}</p>
    <p class="said" role="status">${task.said}</p>`;
}

/** A field with its label, and a hint that describes it. */
export function Field({ label, hint, ...attributes }) {
  const id = useId();
  return html`<div class="field"><label for=${id}>${label}</label>
    <input id=${id} spellcheck=${false} aria-describedby=${hint ? `${id}-hint` : null} ...${attributes} />
    ${hint && html`<span class="hint" id=${`${id}-hint`}>${hint}</span>`}</div>`;
}

/** A setting that is on or off. */
export function Switch({ label, hint, checked, onChange, ...attributes }) {
  const id = useId();
  return html`<div class="switch">
    <input type="checkbox" role="switch" id=${id} aria-describedby=${hint ? `${id}-hint` : null} checked=${checked}
      onChange=${(event) => onChange(event.target.checked)} ...${attributes} />
    <div><label for=${id}>${label}</label>${hint && html`<span class="hint" id=${`${id}-hint`}>${hint}</span>`}</div>
  </div>`;
}

/** A setting that has one of a few values. */
export function Choice({ label, name, value, options, onChange }) {
  return html`<fieldset class="choice">
    <legend>${label}</legend>
    <div class="options">${options.map(([own, words]) => html`<label key=${own}>
      <input type="radio" name=${name} value=${own} checked=${own === value} onChange=${() => onChange(own)} /><span>${words}</span>
    </label>`)}</div>
  </fieldset>`;
}
