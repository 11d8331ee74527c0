/** The values of the settings that the style sheets know, as attributes of the document. The default has none. */
const ATTRIBUTES = { theme: 'system', density: 'comfortable', size: 'medium' };

/**
 * Let the document look as the settings say, now and after each change. The browser's own parts take the colour of the theme, too:
 * each `<meta name="theme-color">` is for one theme of the system, and has the colour of that theme in `data-theme`.
 *
 * @param {import('./settings.js').Settings} settings
 * @param {Element} root
 */
export function wear(settings, root) {
  const metas = [...root.querySelectorAll?.('meta[name="theme-color"]') ?? []];
  const colours = new Map(metas.map((meta) => [meta.dataset.theme, meta.content]));
  const apply = () => {
    for (const meta of metas) meta.content = colours.get(settings.get('theme')) ?? colours.get(meta.dataset.theme);
    for (const [name, ordinary] of Object.entries(ATTRIBUTES)) {
      const value = settings.get(name);
      if (value === ordinary) delete root.dataset[name];
      else root.dataset[name] = value;
    }
  };
  apply();
  return settings.watch(apply);
}
