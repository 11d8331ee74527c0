import { useState } from '../../vendor/preact-hooks.mjs';
import { EMOJI, findEmoji, OFTEN } from '../compose/emoji.js';
import { t } from '../strings/index.js';
import { Dialog } from './dialog.js';
import { html } from './html.js';

/** How many emoji are shown at once. */
const MOST = 96;

const NAMES = new Map(EMOJI.map(({ emoji, names }) => [emoji, names[0]]));

/** Asks for an emoji. Closes with it. */
export function Picker({ close }) {
  const [text, setText] = useState('');
  const wanted = text.trim();
  const often = OFTEN.map((emoji) => ({ emoji, name: NAMES.get(emoji) ?? '' }));
  const others = EMOJI.filter(({ emoji }) => !OFTEN.includes(emoji)).map(({ emoji, names }) => ({ emoji, name: names[0] }));
  const shown = wanted ? findEmoji(wanted, MOST) : [...often, ...others].slice(0, MOST);
  const submit = (event) => {
    event.preventDefault();
    if (shown.length) close(shown[0].emoji);
  };
  return html`<${Dialog} title=${t('picker.title')} close=${close} class="small picker">
    <form onSubmit=${submit}>
      <input type="search" aria-label=${t('picker.find')} placeholder=${t('picker.find')} autocomplete="off" maxlength="40"
        value=${text} onInput=${(event) => setText(event.target.value)} autofocus />
      <ul class="emoji">${shown.map(({ emoji, name }) => html`<li key=${emoji}>
        <button type="button" aria-label=${name.replaceAll('_', ' ')} title=${name.replaceAll('_', ' ')}
          onClick=${() => close(emoji)}>${emoji}</button></li>`)}</ul>
      <p class="hint" role="status">${shown.length ? '' : t('picker.none')}</p>
    </form>
  </${Dialog}>`;
}
