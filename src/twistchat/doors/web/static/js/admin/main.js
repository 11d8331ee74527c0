import { render } from '../../vendor/preact.mjs';
import { Dialogs } from '../dialogs.js';
import { wear } from '../look.js';
import { Settings } from '../settings.js';
import { ADMIN } from '../strings/en/admin.js';
import { add } from '../strings/index.js';
import { html } from '../ui/html.js';
import { Server } from './server.js';
import { Page } from './ui/page.js';
import { Watching } from './watching.js';

/** The timers of the browser. */
const timers = { set: (callback, ms) => setTimeout(callback, ms), clear: (timer) => clearTimeout(timer) };

/** Return the storage of the browser, where the chat remembers how pages look. */
function storage() {
  try {
    return window.localStorage;
  } catch {
    return { getItem: () => null, setItem() {}, removeItem() {} };
  }
}

add(ADMIN);
wear(new Settings(storage(), window), document.documentElement);
const server = new Server((...request) => fetch(...request), timers);
const watching = new Watching(server, timers, document);
const app = { server, watching, dialogs: new Dialogs(), window, now: () => Date.now() };
render(html`<${Page} app=${app} />`, document.getElementById('app'));
watching.look();
