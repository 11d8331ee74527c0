/** The regions that F6 goes through, in their order. Each has an element that takes the focus. */
const REGIONS = '[data-region]';

/** What takes the focus in a region: the first of these that there is. */
const WITHIN = ['[aria-current]', 'textarea', '[tabindex="0"]', 'input', 'button'];

/** Return what takes the focus in a region, or undefined if nothing can now. */
function entryOf(region) {
  if (region.closest('[inert]')) return undefined;
  for (const selector of WITHIN) {
    const found = [...region.querySelectorAll(selector)].find((element) => !element.disabled && element.checkVisibility({ visibilityProperty: true }));
    if (found) return found;
  }
  return undefined;
}

/** Move the focus to the next region with F6, and to the one before with Shift+F6. */
export function installRegions(document) {
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'F6') return;
    if (document.querySelector('dialog[open]')) return;
    const regions = [...document.querySelectorAll(REGIONS)].filter(entryOf);
    if (!regions.length) return;
    event.preventDefault();
    const at = regions.findIndex((region) => region.contains(document.activeElement));
    const step = event.shiftKey ? -1 : 1;
    const next = regions[at < 0 ? 0 : (at + step + regions.length) % regions.length];
    entryOf(next).focus();
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
