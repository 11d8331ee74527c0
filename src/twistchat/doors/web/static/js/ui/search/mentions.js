import { useEffect } from '../../../vendor/preact-hooks.mjs';
import { t, wordsFor } from '../../strings/index.js';
import { Dialog } from '../dialog.js';
import { html } from '../html.js';
import { useWatch } from '../watch.js';
import { Results } from './results.js';

/** The messages that mention this user, the newest first. */
export function MentionsDialog({ app, close }) {
  const { mentions } = app;
  useWatch(mentions);
  useEffect(() => {
    mentions.collect();
  }, []);
  const { matches, busy, more, error } = mentions;
  const words = busy ? t('search.busy') : matches.length ? '' : t('mentions.none');
  return html`<${Dialog} title=${t('mentions.title')} close=${close} class="wide">
    <p class="status" role="status">${words}</p>
    <p class="problem" role="alert">${error ? wordsFor(error) : ''}</p>
    <${Results} app=${app} matches=${matches} words=${app.chat.session.nick} isNew=${(match) => mentions.isNew(match)} close=${close} />
    ${more && html`<p class="buttons"><button type="button" disabled=${busy} onClick=${() => mentions.next()}>${t('mentions.older')}</button></p>`}
  </${Dialog}>`;
}
