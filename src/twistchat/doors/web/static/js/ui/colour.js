/** Return the hue of a name, in degrees. The same name has the same one everywhere. */
export function hueOf(name) {
  let hash = 0;
  for (const character of name.toLowerCase()) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  return (hash % 24) * 15;
}

const COLOUR = /^#[0-9a-f]{6}$/i;

/** Return the custom properties of an avatar: the colour that its user chose, or the hue of the nick. */
export function avatarColours(nick, colour) {
  if (!COLOUR.test(colour ?? '')) return { '--hue': String(hueOf(nick)) };
  return { '--avatar': colour, '--letter': isLight(colour) ? '#000' : '#fff' };
}

/** Whether black letters read better on a colour than white ones (WCAG 2.2, relative luminance). */
function isLight(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179;
}
