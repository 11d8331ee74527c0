/**
 * QR codes: a text as a square of dark and light modules. Source: ISO/IEC 18004, byte mode, error correction level M.
 */

/** By version, from 1: the codewords for error correction in each block, and how many blocks there are (level M). */
const CORRECTION = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];

/** The bits of the level M, for the format. */
const LEVEL = 0b00;

/** Whether a mask inverts the module in a row and a column, by the mask's number. */
const MASKS = [
  (row, column) => (row + column) % 2 === 0,
  (row) => row % 2 === 0,
  (_, column) => column % 3 === 0,
  (row, column) => (row + column) % 3 === 0,
  (row, column) => (Math.floor(row / 2) + Math.floor(column / 3)) % 2 === 0,
  (row, column) => ((row * column) % 2) + ((row * column) % 3) === 0,
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2 === 0,
  (row, column) => (((row + column) % 2) + ((row * column) % 3)) % 2 === 0,
];

/** The finder pattern with its light edge, in a line through its middle. */
const FINDER = '10111010000';

/**
 * Return the QR code of a text.
 *
 * @param {string} text
 * @returns {boolean[][]} the rows of modules; true is dark. The light edge of four modules is not among them.
 * @throws {RangeError} the text is too long
 */
export function qrCode(text) {
  const bytes = new TextEncoder().encode(text);
  const version = versionFor(bytes.length);
  const codewords = interleave(dataOf(bytes, version), version);
  const candidates = MASKS.map((_, mask) => draw(version, codewords, mask));
  const penalties = candidates.map(penalty);
  return candidates[penalties.indexOf(Math.min(...penalties))];
}

const sizeOf = (version) => 17 + 4 * version;

/** Return how many codewords fit into a version, with those for error correction. */
function room(version) {
  const alignments = version === 1 ? 0 : Math.floor(version / 7) + 2;
  const aligned = alignments ? 25 * (alignments ** 2 - 3) - 10 * (alignments - 2) : 0;
  const used = 3 * 64 + 2 * (sizeOf(version) - 16) + 31 + aligned + (version >= 7 ? 36 : 0);
  return Math.floor((sizeOf(version) ** 2 - used) / 8);
}

const dataRoom = (version) => room(version) - CORRECTION[version - 1] * BLOCKS[version - 1];

const lengthBits = (version) => (version < 10 ? 8 : 16);

function versionFor(length) {
  for (let version = 1; version <= BLOCKS.length; version++) {
    if (4 + lengthBits(version) + 8 * length <= 8 * dataRoom(version)) return version;
  }
  throw new RangeError('the text is too long for a QR code');
}

/** Return the codewords of the data: mode, length, bytes and padding. */
function dataOf(bytes, version) {
  const bits = [];
  const put = (value, count) => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push((value >>> bit) & 1);
  };
  put(0b0100, 4);
  put(bytes.length, lengthBits(version));
  for (const byte of bytes) put(byte, 8);
  const most = dataRoom(version);
  put(0, Math.min(4, 8 * most - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  const words = [];
  for (let at = 0; at < bits.length; at += 8) words.push(Number.parseInt(bits.slice(at, at + 8).join(''), 2));
  for (let padding = 0xec; words.length < most; padding ^= 0xec ^ 0x11) words.push(padding);
  return words;
}

/** Multiply in the field GF(2^8) of the polynomial x^8 + x^4 + x^3 + x^2 + 1. */
export function times(one, other) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) product = (product << 1) ^ ((product >>> 7) * 0x11d) ^ (((other >>> bit) & 1) * one);
  return product;
}

/** Return the factors of the generator polynomial of a degree, without the first, which is 1. */
function generator(degree) {
  const factors = Array(degree).fill(0);
  factors[degree - 1] = 1;
  for (let root = 1, step = 0; step < degree; step++, root = times(root, 2)) {
    for (let at = 0; at < degree; at++) factors[at] = times(factors[at], root) ^ (factors[at + 1] ?? 0);
  }
  return factors;
}

/** Return the codewords that correct errors in a block: the remainder of its division (Reed-Solomon). */
function correction(block, factors) {
  const remainder = Array(factors.length).fill(0);
  for (const word of block) {
    const factor = word ^ remainder.shift();
    remainder.push(0);
    factors.forEach((one, at) => { remainder[at] ^= times(one, factor); });
  }
  return remainder;
}

/** Return all codewords in the order of a QR code: a word of each block in turn. The last blocks may be longer by one. */
function interleave(data, version) {
  const count = BLOCKS[version - 1];
  const factors = generator(CORRECTION[version - 1]);
  const short = count - (data.length % count);
  const length = Math.floor(data.length / count);
  const blocks = [];
  for (let block = 0, at = 0; block < count; block++) {
    const end = at + length + (block < short ? 0 : 1);
    blocks.push(data.slice(at, end));
    at = end;
  }
  const corrections = blocks.map((block) => correction(block, factors));
  return [...turns(blocks), ...turns(corrections)];
}

function turns(lists) {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, at) => lists.map((list) => list[at])).flat().filter((word) => word !== undefined);
}

/** Return the rows and columns in which alignment patterns have their middles. */
function alignmentsOf(version) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.ceil((4 * version + 4) / (count * 2 - 2)) * 2;
  return [6, ...Array.from({ length: count - 1 }, (_, at) => sizeOf(version) - 7 - (count - 2 - at) * step)];
}

/** Return a value with the remainder of its division by a polynomial, which detects errors (BCH). */
function checked(value, polynomial, degree) {
  let remainder = value << degree;
  for (let bit = 31 - Math.clz32(remainder); bit >= degree; bit = 31 - Math.clz32(remainder)) remainder ^= polynomial << (bit - degree);
  return (value << degree) | remainder;
}

/** Draw a QR code with a mask. */
function draw(version, codewords, mask) {
  const size = sizeOf(version);
  const modules = Array.from({ length: size }, () => Array(size).fill(null));
  const set = (row, column, dark) => {
    if (row >= 0 && row < size && column >= 0 && column < size) modules[row][column] = Boolean(dark);
  };
  drawPatterns(version, modules, set);
  drawFormat(size, mask, set);
  if (version >= 7) drawVersion(size, version, set);
  fill(modules, codewords, MASKS[mask]);
  return modules;
}

function drawPatterns(version, modules, set) {
  const size = sizeOf(version);
  for (let at = 8; at < size - 8; at++) {
    set(6, at, at % 2 === 0);
    set(at, 6, at % 2 === 0);
  }
  for (const [row, column] of [[3, 3], [3, size - 4], [size - 4, 3]]) square(row, column, 4, (ring) => ring !== 2 && ring !== 4, set);
  const middles = alignmentsOf(version);
  const last = size - 7;
  for (const row of middles) {
    for (const column of middles) {
      // Three corners have the finder patterns.
      const isCorner = (row === 6 && (column === 6 || column === last)) || (row === last && column === 6);
      if (!isCorner) square(row, column, 2, (ring) => ring !== 1, set);
    }
  }
}

/** Draw rings around a middle. */
function square(row, column, radius, isDark, set) {
  for (let down = -radius; down <= radius; down++) {
    for (let right = -radius; right <= radius; right++) {
      set(row + down, column + right, isDark(Math.max(Math.abs(down), Math.abs(right))));
    }
  }
}

/** Draw the level and the mask, twice. */
function drawFormat(size, mask, set) {
  const bits = checked((LEVEL << 3) | mask, 0x537, 10) ^ 0x5412;
  for (let at = 0; at < 15; at++) {
    const dark = (bits >>> at) & 1;
    if (at < 6) set(at, 8, dark);
    else if (at < 8) set(at + 1, 8, dark);
    else set(8, at === 8 ? 7 : 14 - at, dark);
    if (at < 8) set(8, size - 1 - at, dark);
    else set(size - 15 + at, 8, dark);
  }
  set(size - 8, 8, true);
}

/** Draw the number of the version, twice. */
function drawVersion(size, version, set) {
  const bits = checked(version, 0x1f25, 12);
  for (let at = 0; at < 18; at++) {
    const [far, near] = [size - 11 + (at % 3), Math.floor(at / 3)];
    set(near, far, (bits >>> at) & 1);
    set(far, near, (bits >>> at) & 1);
  }
}

/** Fill the modules that are free, in pairs of columns from the right, up and down in turn. */
function fill(modules, codewords, inverts) {
  const size = modules.length;
  let bit = 0;
  for (let right = size - 1, up = true; right > 0; right -= 2, up = !up) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const row = up ? size - 1 - step : step;
      for (const column of [right, right - 1]) {
        if (modules[row][column] !== null) continue;
        const dark = ((codewords[bit >>> 3] ?? 0) >>> (7 - (bit & 7))) & 1;
        modules[row][column] = Boolean(dark) !== inverts(row, column);
        bit++;
      }
    }
  }
}

/** Return how hard a QR code is to read. */
function penalty(modules) {
  const size = modules.length;
  const rows = modules.map((row) => row.map(Number).join(''));
  const columns = modules.map((_, at) => modules.map((row) => Number(row[at])).join(''));
  let points = 0;
  for (const line of [...rows, ...columns]) {
    for (const [run] of line.matchAll(/0{5,}|1{5,}/g)) points += run.length - 2;
    for (const pattern of [FINDER, [...FINDER].reverse().join('')]) {
      for (let at = line.indexOf(pattern); at >= 0; at = line.indexOf(pattern, at + 1)) points += 40;
    }
  }
  for (let row = 1; row < size; row++) {
    for (let column = 1; column < size; column++) {
      const one = modules[row][column];
      if (one === modules[row - 1][column] && one === modules[row][column - 1] && one === modules[row - 1][column - 1]) points += 3;
    }
  }
  const dark = modules.flat().filter(Boolean).length;
  return points + 10 * Math.floor(Math.abs((dark * 20) / size ** 2 - 10));
}

/** Return the path of an SVG that draws the dark modules, each with a side of 1, inside a light edge of four. */
export function qrPath(modules) {
  return modules.flatMap((row, at) => row.map((dark, column) => (dark ? `M${column + 4} ${at + 4}h1v1h-1z` : ''))).join('');
}
