import { useState } from '../../../vendor/preact-hooks.mjs';
import { t } from '../../strings/index.js';
import { html } from '../../ui/html.js';
import { Field, Outcome } from '../../ui/settings/form.js';
import { useTask } from '../../ui/task.js';
import { count } from '../format.js';

/** A text to everybody. */
function Broadcast({ app }) {
  const task = useTask();
  const submit = (event) => {
    event.preventDefault();
    const form = event.target;
    const text = new FormData(form).get('text').trim();
    task.run(async () => {
      const { users } = await app.server.command('server', 'broadcast', { text });
      form.reset();
      return t('admin.broadcastDone', { users: count(users) });
    });
  };
  return html`<section aria-labelledby="broadcast-title"><h2 id="broadcast-title">${t('admin.broadcast')}</h2>
    <form class="ban" onSubmit=${submit}>
      <${Field} label=${t('admin.broadcastText')} name="text" required maxlength="400" autocomplete="off" hint=${t('admin.broadcastHint')} />
      <${Outcome} task=${task} />
      <p class="buttons"><button class="primary" disabled=${task.busy}>${t('admin.broadcastSend')}</button></p>
    </form></section>`;
}

/** A list of keys of the configuration, with what they have in common. */
function Keys({ title, keys }) {
  return keys?.length > 0 && html`<div><p>${title}</p><ul class="rules">${keys.map((key) => html`<li key=${key}><code>${key}</code></li>`)}</ul></div>`;
}

/** Reads the configuration again. */
function Reload({ app }) {
  const task = useTask();
  const [done, setDone] = useState(null);
  const reload = () => task.run(async () => {
    setDone(null);
    const answer = await app.server.command('server', 'reload');
    setDone(answer);
    return answer.applied.length || answer.deferred.length ? t('admin.reloaded') : t('admin.reloadedSame');
  });
  return html`<section aria-labelledby="reload-title"><h2 id="reload-title">${t('admin.reload')}</h2>
    <p>${t('admin.reloadText')}</p>
    <${Outcome} task=${task} />
    <${Keys} title=${t('admin.applied')} keys=${done?.applied} />
    <${Keys} title=${t('admin.deferred')} keys=${done?.deferred} />
    <p class="buttons"><button type="button" disabled=${task.busy} onClick=${reload}>${t('admin.reloadDo')}</button></p>
  </section>`;
}

/** The configuration that is in force. */
function Configuration({ app }) {
  const task = useTask();
  const [shown, setShown] = useState(null);
  const show = () => task.run(async () => setShown(await app.server.command('server', 'config')));
  return html`<section aria-labelledby="config-title"><h2 id="config-title">${t('admin.config')}</h2>
    <p>${t('admin.configText')}</p>
    <${Outcome} task=${task} />
    ${shown?.mistake && html`<p class="problem">${t('admin.configMistake', { mistake: shown.mistake })}</p>`}
    <${Keys} title=${t('admin.configReload')} keys=${shown?.applied} />
    <${Keys} title=${t('admin.deferred')} keys=${shown?.deferred} />
    ${shown && html`<pre class="toml" tabindex="0" role="region" aria-label=${t('admin.config')}>${shown.toml}</pre>`}
    <p class="buttons"><button type="button" disabled=${task.busy} onClick=${show}>${t(shown ? 'admin.again' : 'admin.configShow')}</button></p>
  </section>`;
}

/** What concerns the server as a whole. */
export function ServerPart({ app }) {
  return html`<${Broadcast} app=${app} /><${Reload} app=${app} /><${Configuration} app=${app} />`;
}
