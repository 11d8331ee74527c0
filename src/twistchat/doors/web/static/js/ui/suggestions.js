import { t } from '../strings/index.js';
import { html } from './html.js';

/** How many options are shown at once: those around the chosen one. */
const MOST = 7;

/** The id of the option that is chosen, for aria-activedescendant. */
export function optionId(index) {
  return `suggestion-${index}`;
}

/**
 * What can be put in the place of the word that is typed. The focus stays in the field, which names the chosen option with
 * aria-activedescendant (WAI-ARIA Authoring Practices, listbox).
 *
 * @param {object} props
 * @param {{kind: string, options: {label: string, hint: string}[], index: number}|null} props.offered
 * @param {(index: number) => void} props.onChoose
 */
export function SuggestionList({ offered, onChoose }) {
  const all = offered?.options ?? [];
  const first = Math.max(0, Math.min((offered?.index ?? 0) - Math.floor(MOST / 2), all.length - MOST));
  return html`<p class="hidden" role="status">${offered ? t('composer.suggestionCount', { count: all.length }) : ''}</p>
    ${offered && html`<ul class="suggestions" id="suggestions" role="listbox" aria-label=${t('composer.suggestions')}>
      ${all.map(({ label, hint }, index) => index >= first && index < first + MOST && html`<li key=${label} id=${optionId(index)}
        role="option" aria-selected=${String(index === offered.index)} aria-posinset=${index + 1} aria-setsize=${all.length}
        onMouseDown=${(event) => event.preventDefault()}
        onClick=${() => onChoose(index)}><bdi class="label">${label}</bdi> ${hint && html`<span class="hint">${hint}</span>`}</li>`)}
    </ul>`}`;
}
