import { avatarColours } from './colour.js';
import { html } from './html.js';

/** Outlines in a square of 24. */
const PATHS = {
  menu: 'M4 6h16M4 12h16M4 18h16',
  people: 'M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2 21v-1a6 6 0 0 1 6-6h2a6 6 0 0 1 6 6v1M16 3.5a4 4 0 0 1 0 7M19 14.5a6 6 0 0 1 3 5.5v1',
  smile: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8 14a4.5 4.5 0 0 0 8 0M9 9.5v.01M15 9.5v.01',
  talk: 'M20 11.5a7.5 7.5 0 0 1-11 6.6L4 20l1.6-4.4A7.5 7.5 0 1 1 20 11.5z',
  send: 'M4 12l16-8-6 16-3-7-7-1z',
  close: 'M6 6l12 12M18 6L6 18',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 8h.01',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20 20',
  at: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM16 8v5.5a2.5 2.5 0 0 0 5 0V12a9 9 0 1 0-3.5 7',
  add: 'M12 5v14M5 12h14',
  star: 'M12 4l2.4 5 5.6.7-4.1 3.8 1.1 5.5-5-2.8-5 2.8 1.1-5.5L4 9.7l5.6-.7z',
  mute: 'M6 9H3v6h3l5 4V5zM15 9l6 6M21 9l-6 6',
  settings: 'M12 15.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM19.4 12l2-1.6-2-3.4-2.4 1a7 7 0 0 0-1.8-1L14.8 4h-4l-.4 2.9a7 7 0 0 0-1.8 1l-2.4-1-2 3.4 2 1.7a7 7 0 0 0 0 2l-2 1.6 2 3.4 2.4-1a7 7 0 0 0 1.8 1l.4 2.6h4l.4-2.6a7 7 0 0 0 1.8-1l2.4 1 2-3.4-2-1.6a7 7 0 0 0 0-2z',
  leave: 'M14 4H6v16h8M10 12h11M17 8l4 4-4 4',
};

/** An icon. It has no name of its own: the control around it has. */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>`;
}

/**
 * The first letter of a name on its colour. Decoration: the name stands beside it.
 *
 * @param {{name: string, nick: string, colour: string, state: string}} props `nick` if the name is another one; `colour`: the one
 *   that the user chose
 */
export function Avatar({ name, nick = name, colour = '', state = '' }) {
  const letter = /[\p{L}\p{N}]/u.exec(name)?.[0] ?? name.slice(0, 1);
  return html`<span class="avatar" data-state=${state} style=${avatarColours(nick, colour)} aria-hidden="true">${letter.toUpperCase()}</span>`;
}
