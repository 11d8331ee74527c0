import { Composer } from './composer.js';
import { Header } from './header.js';
import { html } from './html.js';
import { LogView } from './logview.js';
import { Outside } from './rooms/outside.js';
import { Typing } from './typing.js';
import { useWatch } from './watch.js';

/** The conversation that is open: its header, its messages, and where one writes. */
export function ConversationView({ app, conversation }) {
  useWatch(conversation);
  const { kind, joined, name } = conversation;
  const outside = kind === 'room' && !joined && app.chat.session.state === 'online';
  return html`<main class="conversation" aria-label=${name}>
    <h1 class="hidden">${app.offer.network}</h1>
    <${Header} app=${app} conversation=${conversation} />
    <${LogView} app=${app} conversation=${conversation} />
    <${Typing} app=${app} conversation=${conversation} />
    ${outside
      ? html`<${Outside} key=${name} app=${app} conversation=${conversation} />`
      : kind !== 'server' && html`<${Composer} key=${name} app=${app} conversation=${conversation} />`}
  </main>`;
}
