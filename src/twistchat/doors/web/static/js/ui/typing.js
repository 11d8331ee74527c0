import { useEffect, useState } from '../../vendor/preact-hooks.mjs';
import { t } from '../strings/index.js';
import { html } from './html.js';
import { useWatch } from './watch.js';

/** Says who types just now. */
export function Typing({ app, conversation }) {
  useWatch(conversation);
  const [, again] = useState(0);
  const now = app.timers.now();
  const active = [...conversation.typing].filter(([, until]) => until > now);
  const next = Math.min(...active.map(([, until]) => until));
  useEffect(() => {
    if (next === Infinity) return undefined;
    const timer = app.timers.set(() => again(next), next - now);
    return () => app.timers.clear(timer);
  }, [next]);
  const [first, second, third] = active.map(([nick]) => nick);
  const key = third ? 'many' : second ? 'two' : 'one';
  return html`<p class="typing">${first ? t(`composer.typing.${key}`, { first, second }) : ''}</p>`;
}
