import { t } from '../strings/index.js';
import { html } from './html.js';
import { Switch } from './settings/form.js';
import { useWatch } from './watch.js';

const HINTS = { denied: 'notify.denied', unsupported: 'notify.unsupported' };

/** Turns notifications of the desktop on and off. The browser asks the user when they are turned on. */
export function Setting({ app }) {
  const { notifications } = app;
  useWatch(notifications, app.settings);
  const { state } = notifications;
  return html`<${Switch} label=${t('notify.setting')} hint=${t(HINTS[state] ?? 'notify.hint')} checked=${state === 'on'}
    disabled=${state in HINTS} onChange=${(on) => (on ? notifications.enable() : notifications.disable())} />`;
}
