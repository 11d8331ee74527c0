import { useEffect } from '../../vendor/preact-hooks.mjs';
import { Beginning, NotKept } from './beginning.js';
import { Composer } from './composer.js';
import { Header } from './header.js';
import { html } from './html.js';
import { LogView } from './logview.js';
import { Outside } from './rooms/outside.js';
import { Typing } from './typing.js';
import { useWatch } from './watch.js';

/**
 * Move the focus to the conversation that has come, which tells its name to those who hear the page. A thumb needs no focus in the
 * field, which would bring the keyboard before anything was read.
 */
function arrive() {
  const field = matchMedia('(pointer: coarse)').matches ? null : document.getElementById('composer');
  (field ?? document.querySelector('.header h2')).focus({ preventScroll: true });
}

/** The conversation that is open: its header, its messages, and where one writes. */
export function ConversationView({ app, conversation, inert }) {
  useWatch(conversation);
  const { kind, joined, name } = conversation;
  const outside = kind === 'room' && !joined && app.chat.session.state === 'online';
  useEffect(arrive, [conversation, outside]);
  return html`<main id="main" class="conversation" aria-label=${name} inert=${inert}>
    <h1 class="hidden">${app.offer.network}</h1>
    <${Header} app=${app} conversation=${conversation} />
    <${NotKept} app=${app} conversation=${conversation} />
    <${Beginning} key=${`${name} `} conversation=${conversation} />
    <${LogView} app=${app} conversation=${conversation} />
    <${Typing} app=${app} conversation=${conversation} />
    ${outside
      ? html`<${Outside} key=${name} app=${app} conversation=${conversation} />`
      : kind !== 'server' && html`<${Composer} key=${name} app=${app} conversation=${conversation} />`}
  </main>`;
}
