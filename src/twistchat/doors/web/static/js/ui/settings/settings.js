import { useEffect, useId, useRef, useState } from '../../../vendor/preact-hooks.mjs';
import { NickServ } from '../../account/nickserv.js';
import { add, t } from '../../strings/index.js';
import { SETTINGS } from '../../strings/en/settings.js';
import { Dialog } from '../dialog.js';
import { html } from '../html.js';
import { useWatch } from '../watch.js';
import { Account, Guest } from './account.js';
import { Devices } from './devices.js';
import { Look, Talk } from './look.js';
import { Profile } from './profile.js';
import { Security } from './security.js';

add(SETTINGS);

/** The parts of the settings: the keys of their names, and their components. */
const COMMON = { look: ['settings.look', Look], talk: ['settings.talk', Talk], profile: ['settings.profile', Profile] };

/** The parts that need an account, and the one that stands for them without one. */
const OWN = {
  account: ['settings.account', Account],
  security: ['settings.security', Security],
  devices: ['settings.devices', Devices],
};
const NONE = { account: ['settings.account', Guest] };

/** Return where the arrow keys lead from a tab. */
function step(event, at, count) {
  const steps = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: count - 1 };
  return event.key in steps ? (steps[event.key] + count) % count : -1;
}

/**
 * The settings: those of this browser, and those of the account.
 *
 * @param {{first: string}} props the part that is shown first
 */
export function SettingsDialog({ app, close, first = 'look' }) {
  const { session } = app.chat;
  useWatch(session);
  const [chosen, setChosen] = useState(first);
  const id = useId();
  const tabs = useRef(null);
  app.nickserv ??= new NickServ(app.connection);
  const parts = { ...COMMON, ...(session.account ? OWN : NONE) };
  const names = Object.keys(parts);
  const name = names.includes(chosen) ? chosen : names[0];
  const [, Panel] = parts[name];
  const onKeyDown = (event) => {
    const next = step(event, names.indexOf(name), names.length);
    if (next < 0) return;
    event.preventDefault();
    setChosen(names[next]);
    tabs.current.children[next].focus();
  };
  useEffect(() => tabs.current.querySelector('[aria-selected="true"]').focus(), []);
  return html`<${Dialog} title=${t('settings.title')} close=${close} class="settings">
    <div class="tabs" role="tablist" aria-label=${t('settings.parts')} ref=${tabs} onKeyDown=${onKeyDown}>
      ${names.map((one) => html`<button type="button" role="tab" key=${one} id=${`${id}-${one}`} aria-selected=${String(one === name)}
        aria-controls=${`${id}-panel`} tabindex=${one === name ? 0 : -1} onClick=${() => setChosen(one)}>${t(parts[one][0])}</button>`)}
    </div>
    <div role="tabpanel" id=${`${id}-panel`} aria-labelledby=${`${id}-${name}`}>
      <${Panel} key=${`${name} ${session.account}`} app=${app} close=${close} />
    </div>
  </${Dialog}>`;
}
