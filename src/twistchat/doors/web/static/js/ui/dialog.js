import { useId, useLayoutEffect, useRef } from '../../vendor/preact-hooks.mjs';
import { t } from '../strings/index.js';
import { html } from './html.js';
import { Icon } from './parts.js';
import { useWatch } from './watch.js';

/**
 * A modal dialog with a title. Escape, the button and a click beside it close it; the focus goes back to where it was.
 *
 * @param {{title: string, close: () => void, class?: string, back?: () => Element|null}} props `back` finds what gets the focus
 *   where that element is gone
 */
export function Dialog({ title, close, back, children, ...props }) {
  const element = useRef(null);
  const id = useId();
  // The focus is back as soon as the dialog is closed: who closed it may move it on.
  useLayoutEffect(() => {
    const before = document.activeElement;
    const dialog = element.current;
    dialog.showModal();
    return () => {
      // What is behind an open dialog takes no focus.
      dialog.close();
      // Who has closed it may have moved the focus on.
      const { activeElement } = document;
      if (activeElement && activeElement !== document.body && !dialog.contains(activeElement)) return;
      const target = before?.isConnected ? before : (back?.() ?? document.getElementById('composer'));
      target?.focus({ preventScroll: true });
    };
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
