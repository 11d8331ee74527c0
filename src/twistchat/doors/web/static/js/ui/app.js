import { useEffect, useState } from '../../vendor/preact-hooks.mjs';
import { t } from '../strings/index.js';
import { Outdated } from './banner.js';
import { OpenDialogs } from './dialog.js';
import { Entry } from './entry.js';
import { html } from './html.js';
import { useWatch } from './watch.js';

/** Milliseconds until code that could not be loaded is asked for again. */
const AGAIN = 3000;

/** Return the component of the chat, or null while it is loaded. The first view needs none of its modules. */
function useScreen(app, wanted) {
  const [screen, setScreen] = useState(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (!wanted || screen) return;
    Promise.all([import('./screen.js'), import('../features.js')]).then(([{ Screen }, { attach }]) => {
      attach(app, document);
      setScreen({ Screen });
    }).catch(async (error) => {
      await app.lacks(error);
      if (!app.outdated) app.timers.set(() => setTries(tries + 1), AGAIN);
    });
  }, [wanted, tries]);
  return screen?.Screen ?? null;
}

/** The whole page: the entry, or the chat. */
export function View({ app }) {
  useWatch(app);
  const Screen = useScreen(app, app.busy || app.entered);
  if (!app.offer) {
    return html`<main class="entry"><p class="lead" role="status">${app.error ? t('error.UNREACHABLE') : t('entry.loading')}</p></main>`;
  }
  if (app.entered && Screen) return html`<${Screen} app=${app} />`;
  return html`<${Outdated} app=${app} /><${Entry} app=${app} offer=${app.offer} error=${app.error} busy=${app.busy || app.entered} />
    <${OpenDialogs} app=${app} />`;
}
