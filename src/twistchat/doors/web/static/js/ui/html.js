import htm from '../../vendor/htm.mjs';
import { h } from '../../vendor/preact.mjs';

/** Templates of elements: html`<p>${text}</p>`. Text stays text. */
export const html = htm.bind(h);
