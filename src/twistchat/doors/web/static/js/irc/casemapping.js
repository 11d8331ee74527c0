/**
 * Which names are the same. Source: modern.ircdocs.horse, CASEMAPPING.
 *
 * @param {string} mapping the value of CASEMAPPING
 * @returns {(name: string) => string} returns the same text for names that are the same
 */
export function folding(mapping) {
  const ascii = (name) => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  if (mapping === 'rfc1459' || mapping === 'rfc1459-strict') {
    return (name) => ascii(name).replace(/[[\]\\~]/g, (sign) => ({ '[': '{', ']': '}', '\\': '|', '~': '^' })[sign]);
  }
  return ascii;
}
