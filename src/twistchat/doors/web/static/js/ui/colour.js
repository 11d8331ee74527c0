/** Return the hue of a name, in degrees. The same name has the same one everywhere. */
export function hueOf(name) {
  let hash = 0;
  for (const character of name.toLowerCase()) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  return (hash % 24) * 15;
}
