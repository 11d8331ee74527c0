import { useEffect, useId, useRef } from '../../vendor/preact-hooks.mjs';
import { t } from '../strings/index.js';
import { html } from './html.js';
import { Icon } from './parts.js';
import { useWatch } from './watch.js';

/**
 * A modal dialog with a title. Escape, the button and a click beside it close it; the focus goes back to where it was.
 *
 * @param {{title: string, close: () => void, class?: string}} props
 */
export function Dialog({ title, close, children, ...props }) {
  const element = useRef(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    element.current.showModal();
    return () => before?.isConnected && before.focus();
  }, []);
  const onClick = (event) => {
    if (event.target === element.current) close();
  };
  return html`<dialog ref=${element} class=${`dialog ${props.class ?? ''}`} aria-labelledby=${id} onClick=${onClick}
    onCancel=${(event) => { event.preventDefault(); close(); }}>
    <div class="sheet">
      <header>
        <h2 id=${id} tabindex="-1">${title}</h2>
        <button type="button" class="plain" aria-label=${t('dialog.close')} title=${t('dialog.close')} onClick=${() => close()}
          ><${Icon} name="close" /></button>
      </header>
      ${children}
    </div>
  </dialog>`;
}

/** The dialogs that are open. */
export function OpenDialogs({ app }) {
  useWatch(app.dialogs);
  return app.dialogs.open.map(({ key, Component, props, close }) =>
    html`<${Component} key=${key} app=${app} close=${close} ...${props} />`);
}
