import { hueOf } from './colour.js';
import { html } from './html.js';

/** Outlines in a square of 24. */
const PATHS = {
  menu: 'M4 6h16M4 12h16M4 18h16',
  people: 'M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2 21v-1a6 6 0 0 1 6-6h2a6 6 0 0 1 6 6v1M16 3.5a4 4 0 0 1 0 7M19 14.5a6 6 0 0 1 3 5.5v1',
  send: 'M4 12l16-8-6 16-3-7-7-1z',
  close: 'M6 6l12 12M18 6L6 18',
  leave: 'M14 4H6v16h8M10 12h11M17 8l4 4-4 4',
};

/** An icon. It has no name of its own: the control around it has. */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>`;
}

/** The first letter of a name on its colour. Decoration: the name stands beside it. */
export function Avatar({ name, state = '' }) {
  const [letter = ''] = name;
  return html`<span class="avatar" data-state=${state} style=${{ '--hue': String(hueOf(name)) }} aria-hidden="true"
    >${letter.toUpperCase()}</span>`;
}
