/** The values of the settings that the style sheets know, as attributes of the document. The default has none. */
const ATTRIBUTES = { theme: 'system', density: 'comfortable', size: 'medium' };

/** Let the document look as the settings say, now and after each change. */
export function wear(settings, root) {
  const apply = () => {
    for (const [name, ordinary] of Object.entries(ATTRIBUTES)) {
      const value = settings.get(name);
      if (value === ordinary) delete root.dataset[name];
      else root.dataset[name] = value;
    }
  };
  apply();
  return settings.watch(apply);
}
