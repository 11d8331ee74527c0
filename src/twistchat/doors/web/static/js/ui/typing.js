import { t } from '../strings/index.js';
import { html } from './html.js';
import { useWatch } from './watch.js';

/** Says who types just now. */
export function Typing({ app, conversation }) {
  useWatch(conversation);
  const now = app.timers.now();
  const [first, second, third] = [...conversation.typing].filter(([, until]) => until > now).map(([nick]) => nick);
  const key = third ? 'many' : second ? 'two' : 'one';
  return html`<p class="typing">${first ? t(`composer.typing.${key}`, { first, second }) : ''}</p>`;
}
