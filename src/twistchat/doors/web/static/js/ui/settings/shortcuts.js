import { add, t } from '../../strings/index.js';
import { SHORTCUTS } from '../../strings/en/shortcuts.js';
import { Dialog } from '../dialog.js';
import { html } from '../html.js';

add(SHORTCUTS);

/** The keys of each shortcut, and the key of what it does. */
const KEYS = [
  ['?', 'keys.help'], ['F6', 'keys.next'], ['Shift+F6', 'keys.previous'], ['Escape', 'keys.escape'],
  ['Enter', 'keys.send'], ['Shift+Enter', 'keys.newline'], ['\u2191', 'keys.recall'], ['Tab', 'keys.complete'],
  ['\u2191 \u2193', 'keys.rows'], ['Home End', 'keys.ends'], ['Ctrl+K', 'keys.search'],
];

/** The keyboard shortcuts. */
export function Shortcuts({ close }) {
  return html`<${Dialog} title=${t('keys.title')} close=${close}>
    <dl class="keys">${KEYS.map(([keys, name]) => html`<div key=${name}>
      <dt>${keys.split(/([+ ])/).map((key) => (/^[+ ]$/.test(key) ? key : html`<kbd>${key}</kbd>`))}</dt>
      <dd>${t(name)}</dd></div>`)}</dl>
  </${Dialog}>`;
}
