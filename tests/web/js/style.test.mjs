import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { STATIC } from './paths.mjs';

const folder = fileURLToPath(`${STATIC}/style`);
const sheet = (name) => readFileSync(`${folder}/${name}`, 'utf8').replace(/\/\*.*?\*\//gs, '');
const variables = sheet('variables.css');

/** The colours of the themes: name -> [light, dark]. */
const COLOURS = new Map([...variables.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);/g)].map(([, name, ...both]) => [name, both]));

/** The relative luminance of a colour, by its linear parts. Source: WCAG 2.2. */
const luminance = ([red, green, blue]) => 0.2126 * red + 0.7152 * green + 0.0722 * blue;

function linear(hex) {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
}

/** The linear parts of an oklch colour, clipped to sRGB. Source: CSS Color 4, sample code for conversions. */
function fromOklch(light, chroma, hue) {
  const [a, b] = [Math.cos, Math.sin].map((part) => chroma * part((hue * Math.PI) / 180));
  const [l, m, s] = [
    light + 0.3963377774 * a + 0.2158037573 * b, light - 0.1055613458 * a - 0.0638541728 * b, light - 0.0894841775 * a - 1.291485548 * b,
  ].map((part) => part ** 3);
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((part) => Math.min(1, Math.max(0, part)));
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((first, second) => first - second);
  return (high + 0.05) / (low + 0.05);
}

const GROUNDS = ['ground', 'ground-2', 'ground-3', 'hover', 'accent-soft', 'mention-soft'];

/** What stands on what: texts need 4.5 to 1 (WCAG 2.2, 1.4.3 AA), and what tells a control or a state 3 to 1 (1.4.11 AA). */
const PAIRS = [
  ...GROUNDS.flatMap((ground) => [['text-1', ground, 4.5], ['text-2', ground, 4.5]]),
  ...['ground', 'ground-2', 'hover', 'accent-soft', 'mention-soft'].map((ground) => ['accent', ground, 4.5]),
  ...['ground', 'ground-2', 'hover', 'mention-soft'].map((ground) => ['mention', ground, 4.5]),
  ['accent-text', 'accent', 4.5], ['mention-text', 'mention', 4.5], ['warn', 'warn-soft', 4.5], ['good', 'ground', 4.5], ['good', 'ground-2', 3],
  ['warn', 'ground-2', 3], ['border-field', 'ground', 3], ['border-field', 'ground-2', 3],
];

test('every text reads on its ground, in both themes', () => {
  for (const [front, ground, least] of PAIRS) {
    for (const theme of [0, 1]) {
      const found = contrast(linear(COLOURS.get(front)[theme]), linear(COLOURS.get(ground)[theme]));
      assert.ok(found >= least, `${front} on ${ground}, ${['light', 'dark'][theme]}: ${found.toFixed(2)}, and not ${least}`);
    }
  }
});

test('every colour of the themes is in a pair', () => {
  const paired = new Set(PAIRS.flatMap(([front, ground]) => [front, ground]));
  // The lines between regions tell nothing.
  assert.deepEqual([...COLOURS.keys()].filter((name) => !paired.has(name)), ['border']);
});

test('letters read on the avatars of all names', () => {
  const [, tone] = /--avatar-tone: ([\d. ]+);/.exec(variables);
  const [, letter] = /--avatar-text: (#\w{6});/.exec(variables);
  const [light, chroma] = tone.split(' ').map(Number);
  for (let hue = 0; hue < 360; hue += 15) {
    const found = contrast(linear(letter), fromOklch(light, chroma, hue));
    assert.ok(found >= 4.5, `${hue}: ${found.toFixed(2)}`);
  }
});

test('only variables.css names colours, but for those that people choose in their texts', () => {
  for (const name of readdirSync(folder).filter((file) => file !== 'variables.css')) {
    const rules = [...sheet(name).matchAll(/([^{}]*)\{([^{}]*)\}/g)].filter(([, selector]) => !/\.(ink|paper)/.test(selector));
    for (const [, selector, body] of rules) {
      assert.doesNotMatch(body, /#[0-9a-f]{3,8}\b|\b(rgb|hsl)a?\(|:\s*(white|black)\b/i, `${name}: ${selector.trim()}`);
    }
  }
});

test('every variable that is used is defined, and every one that is defined is used', () => {
  const sheets = readdirSync(folder).map(sheet).join('\n');
  const defined = new Set([...variables.matchAll(/--([\w-]+):/g)].map(([, name]) => name));
  const used = new Set([...sheets.matchAll(/var\(--([\w-]+)/g)].map(([, name]) => name));
  // What belongs to one element is set by a module, or beside its use.
  const own = new Set(['hue', 'avatar', 'letter', 'ink', 'paper']);
  assert.deepEqual([...used].filter((name) => !defined.has(name) && !own.has(name)), []);
  assert.deepEqual([...defined].filter((name) => !used.has(name)), []);
});
