import { useEffect, useRef, useState } from '../../../vendor/preact-hooks.mjs';
import { NOTHING, isEmpty } from '../../search/query.js';
import { t, wordsFor } from '../../strings/index.js';
import { Dialog } from '../dialog.js';
import { html } from '../html.js';
import { useWatch } from '../watch.js';
import { Results } from './results.js';

/** Which messages to search for. */
function SearchForm({ app, search, first }) {
  const field = useRef(null);
  const [problem, setProblem] = useState('');
  const { query } = search;
  useEffect(() => {
    field.current.focus();
    field.current.select();
  }, []);
  const names = [...app.chat.conversations].filter(({ kind }) => kind !== 'server').map(({ name }) => name);
  const submit = (event) => {
    event.preventDefault();
    const { author, ...others } = Object.fromEntries(new FormData(event.target));
    const asked = { ...NOTHING, ...others, from: author };
    setProblem(isEmpty(asked) ? t('search.empty') : '');
    if (!isEmpty(asked)) search.run(asked);
  };
  return html`<form class="search" role="search" onSubmit=${submit}>
    <label class="field words"><span>${t('search.words')}</span>
      <input ref=${field} name="text" maxlength="200" autocomplete="off" placeholder=${t('search.wordsHint')}
        defaultValue=${query.text || first} /></label>
    <label class="field"><span>${t('search.room')}</span>
      <select name="room">
        <option value="" selected=${!query.room}>${t('search.everywhere')}</option>
        ${names.sort().map((name) => html`<option key=${name} value=${name} selected=${query.room === name}>${name}</option>`)}
      </select></label>
    <label class="field"><span>${t('search.by')}</span>
      <input name="author" maxlength="64" autocomplete="off" spellcheck=${false} placeholder=${t('search.byHint')}
        defaultValue=${query.from} /></label>
    <label class="field"><span>${t('search.after')}</span><input name="after" type="date" defaultValue=${query.after} /></label>
    <label class="field"><span>${t('search.before')}</span><input name="before" type="date" defaultValue=${query.before} /></label>
    <button class="primary" disabled=${search.busy}>${search.busy ? t('search.busy') : t('search.run')}</button>
    <p class="problem" role="alert">${problem || (search.error ? wordsFor(search.error) : '')}</p>
  </form>`;
}

function status({ busy, done, error, matches, more }) {
  if (busy) return t('search.busy');
  if (!done || (error && !matches.length)) return '';
  if (!matches.length) return t('search.none');
  return t(more ? 'search.countMore' : 'search.count', { count: matches.length });
}

/** Search messages with filters, and go to one. The last search is still there when the dialog is opened again. */
export function SearchDialog({ app, query, close }) {
  const { search } = app;
  useWatch(search);
  useEffect(() => {
    if (query) search.run({ ...NOTHING, ...query });
  }, []);
  return html`<${Dialog} title=${t('search.title')} close=${close} class="wide">
    ${search.isPossible
      ? html`<${SearchForm} app=${app} search=${search} first=${query?.text ?? ''} />
        <p class="status" role="status">${status(search)}</p>
        <${Results} app=${app} matches=${search.matches} words=${search.query.text} close=${close} />
        ${search.more && html`<p class="buttons"><button type="button" disabled=${search.busy}
          onClick=${() => search.next()}>${t('search.more')}</button></p>`}`
      : html`<p class="problem" role="alert">${t('search.impossible')}</p>`}
  </${Dialog}>`;
}
