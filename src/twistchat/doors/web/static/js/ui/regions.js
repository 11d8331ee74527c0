/** The regions that F6 goes through, in their order. Each has an element that takes the focus. */
const REGIONS = '[data-region]';

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
    (next.querySelector('[aria-current], textarea, input, [tabindex="0"], button') ?? next).focus();
  });
}
