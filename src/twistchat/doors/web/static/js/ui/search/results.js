import { useState } from '../../../vendor/preact-hooks.mjs';
import { plain } from '../../log/format.js';
import { safeName } from '../../log/safe.js';
import { excerpt } from '../../search/excerpt.js';
import { t, wordsFor } from '../../strings/index.js';
import { html } from '../html.js';
import { Avatar } from '../parts.js';

const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

function Result({ app, match, words, fresh, choose }) {
  const { name, message } = match;
  const person = app.chat.people.get(message.nick);
  const nick = safeName(person?.metadata.get('display-name') ?? message.nick);
  const time = when.format(message.time);
  return html`<li>
    <button type="button" class="result" onClick=${choose} data-msgid=${message.id}>
      <${Avatar} name=${message.nick} />
      <span class="head">
        <span class="hidden">${t('search.match', { nick, name: safeName(name), time })}: </span>
        <span class="who" aria-hidden="true">${nick}</span>
        <span class="where" aria-hidden="true">${safeName(name)}</span>
        ${fresh && html`<span class="badge">${t('mentions.new')}</span>`}
        <time aria-hidden="true" datetime=${new Date(message.time).toISOString()}>${time}</time>
      </span>
      <span class="excerpt" dir="auto">${excerpt(plain(message.text), words).map(({ text, hit }) => (hit ? html`<mark>${text}</mark>` : text))}</span>
    </button>
  </li>`;
}

/** Move the focus among the results with the arrow keys. */
function onKeyDown(event) {
  const all = [...event.currentTarget.querySelectorAll('.result')];
  const at = all.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (at < 0 || to === undefined || !all[to]) return;
  event.preventDefault();
  all[to].focus();
}

/**
 * Messages that were found. Choosing one goes to it, and closes the dialog.
 *
 * @param {{app: object, matches: import('../../search/query.js').Match[], words: string, isNew?: Function, close: Function}} props
 */
export function Results({ app, matches, words, isNew, close }) {
  const [error, setError] = useState(null);
  const choose = async ({ name, message }) => {
    setError(null);
    try {
      if (await app.jump(name, message.id)) close(message.id);
      else setError(t('search.gone'));
    } catch (failure) {
      setError(wordsFor(failure));
    }
  };
  return html`
    <p class="problem" role="alert">${error ?? ''}</p>
    <ol class="results" aria-label=${t('search.results')} onKeyDown=${onKeyDown}>${matches.map((match) => html`<${Result}
      key=${match.message.id} app=${app} match=${match} words=${words} fresh=${isNew?.(match)} choose=${() => choose(match)} />`)}</ol>`;
}
