import { useId } from '../../../vendor/preact-hooks.mjs';
import { t } from '../../strings/index.js';
import { html } from '../../ui/html.js';
import { clock } from '../format.js';
import { MINUTES, areaOf, lineOf, pointsOf, summaryOf, topOf } from '../plots.js';

/**
 * A line over the last hour.
 *
 * @param {{title: string, minutes: {time: number}[], valueOf: (minute: object) => number, shown: (value: number) => string,
 *   whole: boolean, least: number}} props `shown` writes a value with its unit; `whole`: values are whole numbers; `least`: the
 *   top is not lower than this
 */
export function Plot({ title, minutes, valueOf, shown, whole = false, least = 0 }) {
  const id = useId();
  const values = minutes.map(valueOf);
  const summary = summaryOf(values);
  const top = topOf(Math.max(summary?.most ?? 0, least), whole);
  const points = pointsOf(minutes, valueOf, top);
  const end = (minutes.at(-1)?.time ?? 0) * 1000;
  const at = (ago) => (end ? clock(end - ago * 60000) : '');
  const described = summary
    ? t('admin.plotText', { least: shown(summary.least), most: shown(summary.most), last: shown(summary.last) })
    : t('admin.plotEmpty');
  return html`<figure class="plot">
    <figcaption><span>${title}</span> <strong>${summary ? shown(summary.last) : '–'}</strong></figcaption>
    <div class="scale" aria-hidden="true"><span>${shown(top)}</span><span>${shown(top / 2)}</span><span>${shown(0)}</span></div>
    <svg viewBox=${`0 0 ${MINUTES} 100`} preserveAspectRatio="none" role="img" aria-labelledby=${`${id}-title`} aria-describedby=${`${id}-desc`}>
      <title id=${`${id}-title`}>${title}</title>
      <desc id=${`${id}-desc`}>${described}</desc>
      ${[0, 50, 100].map((y) => html`<path class="grid" key=${`y${y}`} d=${`M0 ${y}H${MINUTES}`} />`)}
      ${[15, 30, 45].map((x) => html`<path class="grid" key=${`x${x}`} d=${`M${x} 0V100`} />`)}
      <path class="area" d=${areaOf(points)} />
      <path class="line" d=${lineOf(points)} />
    </svg>
    <div class="times" aria-hidden="true"><span>${at(60)}</span><span>${at(30)}</span><span>${at(0)}</span></div>
  </figure>`;
}
