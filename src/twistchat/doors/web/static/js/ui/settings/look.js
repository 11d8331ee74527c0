import { t } from '../../strings/index.js';
import { html } from '../html.js';
import { useWatch } from '../watch.js';
import { Choice, Field, Switch } from './form.js';

/** The languages that there are, each in its own words. */
const LANGUAGES = [['en', 'English']];

/** How the page looks in this browser. */
export function Look({ app }) {
  const { settings } = app;
  useWatch(settings);
  const choice = (name, label, ...values) => html`<${Choice} label=${label} name=${name} value=${settings.get(name)}
    options=${values} onChange=${(value) => settings.set(name, value)} />`;
  const forget = async () => {
    const words = { title: t('settings.forget'), text: t('settings.forgetText'), action: t('settings.forgetAction') };
    if ((await app.dialogs.ask(words)) === undefined) return;
    settings.forget();
    app.composing?.drafts.clear();
  };
  return html`<div class="panel">
    ${choice('theme', t('settings.theme'), ['system', t('settings.system')], ['light', t('settings.light')], ['dark', t('settings.dark')])}
    ${choice('density', t('settings.density'), ['comfortable', t('settings.comfortable')], ['compact', t('settings.compact')])}
    ${choice('size', t('settings.size'), ['small', t('settings.small')], ['medium', t('settings.medium')],
      ['large', t('settings.large')], ['huge', t('settings.huge')])}
    ${choice('clock', t('settings.clock'), ['system', t('settings.system')], ['24', t('settings.clock24')], ['12', t('settings.clock12')])}
    <label class="field"><span>${t('settings.language')}</span>
      <select value=${settings.get('language')} onChange=${(event) => settings.set('language', event.target.value)}>
        ${LANGUAGES.map(([code, words]) => html`<option key=${code} value=${code}>${words}</option>`)}
      </select></label>
    <p><button type="button" class="danger" onClick=${forget}>${t('settings.forget')}</button></p>
  </div>`;
}

/** What is shown of the chat, and what others learn. */
export function Talk({ app }) {
  const { settings } = app;
  useWatch(settings);
  const write = (event) => {
    const words = event.target.value.split(',').map((word) => word.trim()).filter(Boolean);
    settings.set('highlights', [...new Set(words)].slice(0, 30));
  };
  return html`<div class="panel">
    <${Switch} label=${t('settings.presence')} hint=${t('settings.presenceHint')} checked=${settings.get('presence')}
      onChange=${(on) => settings.set('presence', on)} />
    <${Switch} label=${t('settings.typing')} hint=${t('settings.typingHint')} checked=${settings.get('typing')}
      onChange=${(on) => settings.set('typing', on)} />
    <${Field} label=${t('settings.highlights')} hint=${t('settings.highlightsHint')} value=${settings.get('highlights').join(', ')}
      onChange=${write} autocomplete="off" maxlength="500" />
    ${app.notifications && html`<${app.notifications.Setting} app=${app} />`}
  </div>`;
}
