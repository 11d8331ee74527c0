import { useEffect, useRef, useState } from '../../vendor/preact-hooks.mjs';
import { t, wordsFor } from '../strings/index.js';
import { html } from './html.js';
import { Icon } from './parts.js';

/** What is typed and not sent, by conversation. */
const drafts = new WeakMap();

/** Where a message is written. Enter sends it, Shift+Enter begins a line. */
export function Composer({ app, conversation }) {
  const field = useRef(null);
  const [text, setText] = useState(drafts.get(conversation) ?? '');
  const [error, setError] = useState(null);
  useEffect(() => field.current.focus({ preventScroll: true }), [conversation]);
  const write = (value) => {
    drafts.set(conversation, value);
    setText(value);
  };
  const send = async () => {
    const said = text.replace(/\s+$/, '');
    if (!said) return;
    write('');
    setError(null);
    try {
      await app.client.say(conversation, said);
    } catch (failure) {
      // Nothing is lost: the text comes back, before what was typed meanwhile.
      write([said, drafts.get(conversation)].filter(Boolean).join('\n'));
      setError(failure);
    }
  };
  const onKeyDown = (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  const label = t('composer.label', { name: conversation.name });
  return html`<form class="composer" data-region onSubmit=${(event) => { event.preventDefault(); send(); }}>
    <p class="problem" role="alert">${error ? wordsFor(error) : ''}</p>
    <div class="box">
      <textarea ref=${field} id="composer" rows="1" aria-label=${label} placeholder=${label} value=${text}
        onInput=${(event) => write(event.target.value)} onKeyDown=${onKeyDown}></textarea>
      <button class="send" aria-label=${t('composer.send')} title=${t('composer.send')}><${Icon} name="send" /></button>
    </div>
  </form>`;
}
