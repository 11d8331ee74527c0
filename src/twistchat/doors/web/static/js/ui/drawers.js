import { useEffect, useRef, useState } from '../../vendor/preact-hooks.mjs';

/** Where the sidebar and the members are drawers: as in style/layout.css. */
const NARROW = { sidebar: '(max-width: 48rem)', members: '(max-width: 60rem)' };

/** A swipe goes this many pixels to a side, and less than half as many up or down. */
const SWIPE = 60;

/** Whether a query of the window holds; the component is rendered again when that changes. */
function useMedia(query) {
  const [, again] = useState(false);
  useEffect(() => {
    const list = matchMedia(query);
    const changed = () => again(list.matches);
    list.addEventListener('change', changed);
    changed();
    return () => list.removeEventListener('change', changed);
  }, [query]);
  return matchMedia(query).matches;
}

/** Call a function with the direction of each swipe by one finger: 1 to the right, -1 to the left. */
function useSwipes(swiped) {
  const latest = useRef(swiped);
  latest.current = swiped;
  useEffect(() => {
    let start = null;
    const began = ({ touches, target }) => {
      start = touches.length === 1 && !target.closest?.('dialog, input, textarea, select') ? touches[0] : null;
    };
    const ended = ({ changedTouches: [touch] }) => {
      if (!start || touch.identifier !== start.identifier) return;
      const [right, down] = [touch.clientX - start.clientX, touch.clientY - start.clientY];
      start = null;
      // Who has marked some text was not swiping.
      if (Math.abs(right) > SWIPE && Math.abs(down) < Math.abs(right) / 2 && getSelection().isCollapsed) latest.current(Math.sign(right));
    };
    const options = { passive: true };
    document.addEventListener('touchstart', began, options);
    document.addEventListener('touchend', ended, options);
    return () => {
      document.removeEventListener('touchstart', began, options);
      document.removeEventListener('touchend', ended, options);
    };
  }, []);
}

/**
 * What is a drawer in this window, and which one is open. An open drawer has the focus and covers the rest of the page; Escape and
 * a swipe close it, and the focus goes back to its button.
 *
 * @param {import('../app.js').App} app
 * @param {boolean} hasMembers whether the open conversation has a list of members
 * @returns {'sidebar'|'members'|null} the drawer that is open
 */
export function useDrawers(app, hasMembers) {
  const narrow = { sidebar: useMedia(NARROW.sidebar), members: useMedia(NARROW.members) };
  const open = narrow.sidebar && app.sidebar ? 'sidebar' : narrow.members && hasMembers && app.members ? 'members' : null;
  const toggle = { sidebar: () => app.toggleSidebar(), members: () => app.toggleMembers() };

  useEffect(() => {
    if (!open) return undefined;
    const drawer = document.querySelector(`.${open}`);
    (drawer.querySelector('[aria-current]') ?? drawer.querySelector('button')).focus();
    const onKeyDown = (event) => {
      if (event.key !== 'Escape' || event.defaultPrevented || app.dialogs.open.length) return;
      event.preventDefault();
      toggle[open]();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => {
      document.removeEventListener('keydown', onKeyDown);
      // Another conversation takes the focus itself.
      const lost = drawer.contains(document.activeElement) || document.activeElement === document.body;
      if (lost) document.querySelector(`main [data-opens="${open}"]`)?.focus({ preventScroll: true });
    };
  }, [open]);
  // A list of members that was opened beside the messages does not cover them when the window becomes narrow.
  const first = useRef(true);
  useEffect(() => {
    if (!first.current && narrow.members && app.members) toggle.members();
    first.current = false;
  }, [narrow.members]);
  useSwipes((direction) => {
    if (app.dialogs.open.length) return;
    if (open) {
      if ((open === 'sidebar') === direction < 0) toggle[open]();
    } else if (direction > 0 && narrow.sidebar) toggle.sidebar();
    else if (direction < 0 && narrow.members && hasMembers) toggle.members();
  });
  return open;
}
