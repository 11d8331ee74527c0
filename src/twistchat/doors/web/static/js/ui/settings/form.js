import { useId } from '../../../vendor/preact-hooks.mjs';
import { html } from '../html.js';
import { Done, Problem } from '../task.js';

/** What the server says about a task, beside its fields. */
export function Outcome({ task }) {
  return html`<${Problem} error=${task.error} /><${Done} text=${task.said} />`;
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
  return html`<div class="onoff">
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
