import { t } from '../strings/index.js';
import { html } from './html.js';

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
  const scroll = (element) => element?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  return html`<p class="hidden" role="status">${offered ? t('composer.suggestionCount', { count: offered.options.length }) : ''}</p>
    ${offered && html`<ul class="suggestions" id="suggestions" role="listbox" aria-label=${t('composer.suggestions')} ref=${scroll}>
      ${offered.options.map(({ label, hint }, index) => html`<li key=${label} id=${optionId(index)} role="option"
        aria-selected=${String(index === offered.index)} onMouseDown=${(event) => event.preventDefault()}
        onClick=${() => onChoose(index)}><bdi class="label">${label}</bdi> ${hint && html`<span class="hint">${hint}</span>`}</li>`)}
    </ul>`}`;
}
