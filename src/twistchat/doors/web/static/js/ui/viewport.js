/** Keyboards are higher than this many pixels; the bars of a browser, which come and go, are not. */
const KEYBOARD = 120;

/**
 * Keep the page above the keyboard where that covers the window instead of making it smaller, as on iOS: `--height` is what is
 * seen of the page. Source: CSSOM View, VisualViewport.
 *
 * @param {Window} window
 */
export function installViewport(window) {
  const { visualViewport: seen, document } = window;
  if (!seen) return;
  const { style } = document.documentElement;
  const fit = () => {
    // Who zooms in sees less of the page, and moves around in it.
    const covered = seen.scale < 1.05 && window.innerHeight - seen.height > KEYBOARD;
    if (covered) style.setProperty('--height', `${Math.round(seen.height)}px`);
    else style.removeProperty('--height');
    // The browser has moved the page to show the field, which is in sight now.
    if (covered && seen.offsetTop > 0) window.scrollTo(0, 0);
  };
  seen.addEventListener('resize', fit);
  seen.addEventListener('scroll', fit);
}
