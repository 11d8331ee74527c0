const encoder = new TextEncoder();

/** Bytes of a line beside its text and target, when others receive it: source, command, separators, CR LF. */
const AROUND = 1 + 32 + 1 + 17 + 1 + 63 + ' PRIVMSG '.length + ' :'.length + 2;

/** Return how many bytes of text fit into one line to a target. */
export function roomFor(target, lineLength) {
  return Math.max(64, lineLength - AROUND - encoder.encode(target).length);
}

/** Cut a line into pieces of at most so many bytes, between words where that is possible, never within a character. */
function pieces(line, most) {
  const found = [];
  let rest = line;
  while (encoder.encode(rest).length > most) {
    let end = 0;
    let bytes = 0;
    for (const character of rest) {
      bytes += encoder.encode(character).length;
      if (bytes > most) break;
      end += character.length;
    }
    const space = rest.lastIndexOf(' ', end - 1);
    if (space > end / 2) end = space + 1;
    found.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return [...found, rest];
}

/**
 * Return the lines of IRC that a text of any length becomes. Source: IRCv3 multiline.
 *
 * @returns {{text: string, concat: boolean}[]} `concat`: this continues the line before
 */
export function split(text, most) {
  return text.split('\n').flatMap((line) => pieces(line, most).map((piece, index) => ({ text: piece, concat: index > 0 })));
}
