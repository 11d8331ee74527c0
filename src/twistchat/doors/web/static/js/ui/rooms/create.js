import { useState } from '../../../vendor/preact-hooks.mjs';
import { ENTERED } from '../../dialogs.js';
import { checkName } from '../../rooms/directory.js';
import { t } from '../../strings/index.js';
import { Dialog } from '../dialog.js';
import { html } from '../html.js';
import { Done, Problem, useTask } from '../task.js';

/** Return the name of a room as people write it, with its `#`. */
function full(name) {
  const text = name.trim();
  return text.startsWith('#') ? text : `#${text}`;
}

/** Asks for the name of a new room and what holds there, and creates it. */
export function CreateRoom({ app, close, name: suggested = '' }) {
  const { busy, error, run } = useTask();
  const [wrong, setWrong] = useState('');
  const [said, setSaid] = useState([]);
  const most = app.chat.isupport.number('CHANNELLEN', 64);
  const { account } = app.chat.session;
  const submit = async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target));
    const name = full(values.name);
    const problem = checkName(name, most);
    setWrong(problem);
    if (problem) {
      event.target.elements.name.focus();
      return;
    }
    const modes = (values.access === 'invited' ? 'i' : '') + (values.hidden ? 's' : '');
    await run(async () => {
      const outcome = await app.rooms.create(name, { topic: values.topic.trim(), modes, register: Boolean(values.register) });
      if (outcome.created && (!outcome.said.length || outcome.registered)) close(ENTERED);
      else setSaid([t(outcome.created ? 'create.done' : 'create.existed', { name }), ...outcome.said]);
    });
  };
  if (said.length) {
    return html`<${Dialog} title=${t('create.title')} close=${close} class="small">
      ${said.map((line) => html`<${Done} text=${line} />`)}
      <p class="buttons"><button type="button" class="primary" autofocus onClick=${() => close(ENTERED)}>${t('dialog.close')}</button></p>
    </${Dialog}>`;
  }
  return html`<${Dialog} title=${t('create.title')} close=${close} class="small">
    <form onSubmit=${submit}>
      <label class="field"><span>${t('create.name')}</span>
        <input name="name" autofocus autocomplete="off" spellcheck=${false} defaultValue=${suggested} aria-describedby="create-hint"
          aria-invalid=${String(Boolean(wrong || error))} />
        <span class="hint" id="create-hint">${t('create.nameHint')}</span></label>
      <p class="problem" role="alert">${wrong ? t(wrong, { most }) : ''}</p>
      <${Problem} error=${error} />
      <label class="field"><span>${t('create.topic')}</span>
        <input name="topic" autocomplete="off" maxlength=${app.chat.isupport.number('TOPICLEN', 390)} /></label>
      <fieldset>
        <legend>${t('create.access')}</legend>
        <label class="choice"><input type="radio" name="access" value="open" defaultChecked />${t('create.open')}</label>
        <label class="choice"><input type="radio" name="access" value="invited" />${t('create.invited')}</label>
        <label class="choice"><input type="checkbox" name="hidden" />${t('create.hidden')}</label>
      </fieldset>
      ${account
        ? html`<label class="choice"><input type="checkbox" name="register" defaultChecked aria-describedby="register-hint" />
            ${t('create.register')}</label>`
        : ''}
      <p class="hint" id="register-hint">${t(account ? 'create.registerHint' : 'create.registerGuest')}</p>
      <p class="buttons">
        <button type="button" onClick=${() => close()}>${t('dialog.cancel')}</button>
        <button class="primary" disabled=${busy}>${t('create.do')}</button>
      </p>
    </form>
  </${Dialog}>`;
}
