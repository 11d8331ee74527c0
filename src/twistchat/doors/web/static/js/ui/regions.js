/** The regions that F6 goes through, in their order. Each has an element that takes the focus. */
const REGIONS = '[data-region]';

/** What may take the focus of a region. The first one that can, does. */
const TAKERS = '[aria-current], textarea, input, [tabindex="0"], button';

function visible(element) {
  return element.offsetParent !== null;
}

/** Move the focus to the next region with F6, and to the one before with Shift+F6. */
export function installRegions(document) {
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'F6') return;
    const regions = [...document.querySelectorAll(REGIONS)].filter(visible);
    if (!regions.length) return;
    event.preventDefault();
    const at = regions.findIndex((region) => region.contains(document.activeElement));
    const step = event.shiftKey ? -1 : 1;
    const next = regions[at < 0 ? 0 : (at + step + regions.length) % regions.length];
    // What is hidden or disabled does not take the focus.
    [...next.querySelectorAll(TAKERS), next].some((one) => {
      one.focus();
      return document.activeElement === one;
    });
  });
}

/** Whether keys that are pressed in an element write text. */
function writes(element) {
  return /^(INPUT|TEXTAREA|SELECT)$/.test(element?.tagName) || element?.isContentEditable;
}

/** Show the keyboard shortcuts with the key `?`. */
export function installHelp(document, app) {
  document.addEventListener('keydown', (event) => {
    if (event.key !== '?' || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (!app.entered || app.dialogs.open.length || writes(document.activeElement)) return;
    event.preventDefault();
    app.showShortcuts();
  });
}
