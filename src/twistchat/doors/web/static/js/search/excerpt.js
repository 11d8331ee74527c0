/** How many characters of a message are shown, and how many of them before the first hit. */
const MOST = 240;
const BEFORE = 80;

/** Scripts that write words without spaces between them: there, a word is any part of a text. */
const DENSE = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]/u;
const WORD = /[\p{L}\p{N}]/u;

/** Return a character as it is compared: without case and accents. */
function fold(character) {
  const [base = character] = character.normalize('NFD');
  return base.toLowerCase();
}

/** Return which of the characters are part of one of the words. */
function hits(characters, words) {
  const folded = characters.map(fold);
  const marks = characters.map(() => false);
  for (const word of words.map((one) => [...one].map(fold)).filter((one) => one.length)) {
    const whole = !DENSE.test(word.join(''));
    for (let at = 0; at + word.length <= folded.length; at++) {
      const end = at + word.length;
      if (!word.every((character, index) => folded[at + index] === character)) continue;
      if (whole && (WORD.test(characters[at - 1] ?? '') || WORD.test(characters[end] ?? ''))) continue;
      marks.fill(true, at, end);
    }
  }
  return marks;
}

/**
 * Return the part of a text that has the first of the words, in pieces.
 *
 * @param {string} text without formatting
 * @param {string} query words with spaces between them
 * @returns {{text: string, hit: boolean}[]}
 */
export function excerpt(text, query) {
  const characters = [...text.replace(/\s+/g, ' ')];
  const marks = hits(characters, query.split(/[^\p{L}\p{N}]+/u));
  const first = Math.max(0, marks.indexOf(true));
  const from = characters.length <= MOST ? 0 : Math.max(0, Math.min(first - BEFORE, characters.length - MOST));
  const to = Math.min(characters.length, from + MOST);
  const pieces = [];
  for (let at = from; at < to; at++) {
    const last = pieces.at(-1);
    if (last?.hit === marks[at]) last.text += characters[at];
    else pieces.push({ text: characters[at], hit: marks[at] });
  }
  if (from > 0) pieces.unshift({ text: '…', hit: false });
  if (to < characters.length) pieces.push({ text: '…', hit: false });
  return pieces;
}
