import { safeName } from '../../log/safe.js';
import { masksOf, neighbours, readMask } from '../../rooms/modes.js';
import { t } from '../../strings/index.js';
import { Dialog } from '../dialog.js';
import { html } from '../html.js';
import { Problem, useTask } from '../task.js';

/** How many of those are named whom a ban would also meet. */
const MOST_NAMED = 5;

/** Bans somebody from a room, or silences them there: by account, address or nick. @param {{kind: 'ban'|'quiet'}} props */
export function BanPerson({ app, close, room, nick, kind }) {
  const { busy, error, run } = useTask();
  const quiet = kind === 'quiet';
  const masks = masksOf(nick, app.chat.people.get(nick));
  const hit = neighbours(app.chat, room, nick).map((other) => safeName(other));
  const shown = hit.slice(0, MOST_NAMED).join(', ') + (hit.length > MOST_NAMED ? ` ${t('ban.others', { count: hit.length - MOST_NAMED })}` : '');
  const submit = async (event) => {
    event.preventDefault();
    const { mask, kick, reason = '' } = Object.fromEntries(new FormData(event.target));
    const done = await run(async () => {
      await app.rooms.setModes(room, '+b', quiet ? `~m:${mask}` : mask);
      if (kick && room.members.byName.has(app.chat.fold(nick))) await app.rooms.kick(room, nick, reason.trim());
    });
    if (done) close(true);
  };
  return html`<${Dialog} title=${t(`ban.${kind}`, { nick, room: room.name })} close=${close} class="small">
    <form onSubmit=${submit}>
      <p class="hint">${t(`ban.${kind}Text`)}</p>
      <fieldset><legend>${t('ban.who')}</legend>${masks.map(({ kind: kindOfMask, mask }, index) => html`
        <label key=${mask} class="choice"><input type="radio" name="mask" value=${mask} defaultChecked=${index === 0} autofocus=${index === 0} />
          <span>${t(`mask.${readMask(mask).kind}`, { who: safeName(readMask(mask).who) })}
            ${kindOfMask === 'host' && hit.length > 0 && html`<span class="hint"> ${t('ban.also', { names: shown })}</span>`}</span></label>`)}</fieldset>
      ${!quiet && html`<label class="choice"><input type="checkbox" name="kick" defaultChecked />${t('ban.kick')}</label>
        <label class="field"><span>${t('room.reason')}</span><input name="reason" maxlength="300" autocomplete="off" /></label>`}
      <${Problem} error=${error} />
      <p class="buttons"><button type="button" onClick=${() => close()}>${t('dialog.cancel')}</button>
        <button class="danger" disabled=${busy}>${t(quiet ? 'ban.doQuiet' : 'ban.doBan')}</button></p>
    </form>
  </${Dialog}>`;
}
