import { render } from '../vendor/preact.mjs';
import { App } from './app.js';
import { Login } from './login.js';
import { wear } from './look.js';
import { Settings } from './settings.js';
import { t } from './strings/index.js';
import { View } from './ui/app.js';
import { html } from './ui/html.js';
import { installHelp, installRegions } from './ui/regions.js';

/** The time, timers and randomness of the browser. */
const timers = {
  now: () => Date.now(),
  set: (callback, ms) => setTimeout(callback, ms),
  clear: (timer) => clearTimeout(timer),
  random: () => Math.random(),
};

/** Return a storage of the browser. Where it is forbidden, settings last until the page is closed. */
function storageOf(window, name) {
  try {
    return window[name];
  } catch {
    return { getItem: () => null, setItem() {}, removeItem() {} };
  }
}

const settings = new Settings(storageOf(window, 'localStorage'), window);
const login = new Login((...request) => fetch(...request));
const app = new App({ window, timers, login, settings, visit: storageOf(window, 'sessionStorage') });

wear(settings, document.documentElement);
installRegions(document);
installHelp(document, app);
let named = false;
app.chat.conversations.watch(() => {
  const { open } = app.chat.conversations;
  if (open && open.kind !== 'server') app.address.show(open.name);
  // Somebody who has left a room is not brought back there. Whoever leaves the chat comes back to where they were.
  else if (!open && named && app.entered) app.address.clear();
  named = Boolean(open);
});
window.addEventListener('online', () => app.client.retry());
render(html`<${View} app=${app} />`, document.getElementById('app'));
app.start().then(() => { document.title = t('app.title', { network: app.offer?.network ?? document.title }); });
