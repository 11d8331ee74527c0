import { t } from '../strings/index.js';
import { Dialog } from './dialog.js';
import { html } from './html.js';

/** Asks before something is done that cannot be undone, with a field where a reason can be given. */
export function Confirm({ title, text, action, field, close }) {
  const submit = (event) => {
    event.preventDefault();
    close(new FormData(event.target).get('field')?.trim() ?? '');
  };
  return html`<${Dialog} title=${title} close=${close} class="small">
    <form onSubmit=${submit}>
      <p>${text}</p>
      ${field && html`<label class="field"><span>${field}</span><input name="field" maxlength="300" autocomplete="off" /></label>`}
      <p class="buttons">
        <button type="button" onClick=${() => close()}>${t('dialog.cancel')}</button>
        <button class="danger">${action}</button>
      </p>
    </form>
  </${Dialog}>`;
}
