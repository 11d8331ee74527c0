import { useState } from '../../../vendor/preact-hooks.mjs';
import { t } from '../../strings/index.js';
import { hueOf } from '../colour.js';
import { html } from '../html.js';
import { Avatar } from '../parts.js';
import { useTask } from '../task.js';
import { useWatch } from '../watch.js';
import { Field, Outcome } from './form.js';

/** Return a colour of a hue as `#rrggbb`, which the field for colours takes. */
function hexOf(hue) {
  const part = (shift) => {
    const at = (shift + hue / 30) % 12;
    const value = 0.42 - 0.19 * Math.max(-1, Math.min(at - 3, 9 - at, 1));
    return Math.round(255 * value).toString(16).padStart(2, '0');
  };
  return `#${part(0)}${part(8)}${part(4)}`;
}

/** The display name and the colour of the avatar, which everyone sees. */
export function Profile({ app }) {
  const { session, people } = app.chat;
  const { profiles } = app;
  useWatch(session, people);
  const { nick } = session;
  const [name, setName] = useState(profiles.of(nick, 'display-name'));
  const [colour, setColour] = useState(profiles.of(nick, 'color'));
  const task = useTask();
  if (!profiles.offered) return html`<div class="panel"><p>${t('profile.none')}</p></div>`;
  const submit = (event) => {
    event.preventDefault();
    task.run(async () => {
      await profiles.set('display-name', name.trim());
      await profiles.set('color', colour);
      return t('profile.saved');
    });
  };
  return html`<form class="panel" onSubmit=${submit}>
    <p class="preview"><${Avatar} name=${name.trim() || nick} nick=${nick} colour=${colour} />
      <strong><bdi>${name.trim() || nick}</bdi></strong> ${name.trim() && name.trim() !== nick && html`<span class="hint">${nick}</span>`}</p>
    <${Field} label=${t('profile.name')} value=${name} onInput=${(event) => setName(event.target.value)} maxlength="64"
      autocomplete="name" placeholder=${nick} hint=${t('profile.nameHint', { nick })} />
    <${Field} label=${t('profile.colour')} type="color" value=${colour || hexOf(hueOf(nick))}
      onInput=${(event) => setColour(event.target.value)} />
    ${colour && html`<p><button type="button" onClick=${() => setColour('')}>${t('profile.noColour')}</button></p>`}
    ${!session.account && html`<p class="hint">${t('profile.guest')}</p>`}
    <${Outcome} task=${task} />
    <p class="buttons"><button class="primary" disabled=${task.busy}>${t('settings.save')}</button></p>
  </form>`;
}
