import { render } from '../vendor/preact.mjs';
import { App } from './app.js';
import { Login } from './login.js';
import { Settings } from './settings.js';
import { t } from './strings/index.js';
import { View } from './ui/app.js';
import { html } from './ui/html.js';
import { installRegions } from './ui/regions.js';

/** The time, timers and randomness of the browser. */
const timers = {
  now: () => Date.now(),
  set: (callback, ms) => setTimeout(callback, ms),
  clear: (timer) => clearTimeout(timer),
  random: () => Math.random(),
};

const settings = new Settings(window.localStorage);
const app = new App({ window, timers, login: new Login((...request) => fetch(...request)), settings });

function applyTheme() {
  const theme = settings.get('theme');
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

settings.watch(applyTheme);
applyTheme();
installRegions(document);
app.chat.conversations.watch(() => {
  const { open } = app.chat.conversations;
  if (open && open.kind !== 'server') app.address.show(open.name);
});
window.addEventListener('online', () => app.client.retry());
render(html`<${View} app=${app} />`, document.getElementById('app'));
app.start().then(() => { document.title = t('app.title', { network: app.offer?.network ?? document.title }); });
