import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { settle } from './fakes.mjs';
import { STATIC } from './paths.mjs';

const { EN } = await import(`${STATIC}/js/strings/en.js`);
const { add, t, use, wordsFor } = await import(`${STATIC}/js/strings/index.js`);
const { fromFragment, toFragment } = await import(`${STATIC}/js/address.js`);
const { Dialogs } = await import(`${STATIC}/js/dialogs.js`);
const { Settings } = await import(`${STATIC}/js/settings.js`);
const { Login } = await import(`${STATIC}/js/login.js`);

const root = fileURLToPath(STATIC);
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)));
const read = (name) => readFileSync(join(root, name), 'utf8');
const modules = files.filter((name) => name.startsWith('js/'));

/** The strings of the features that are loaded later: each file of `js/strings/en/` has one table. */
const parts = await Promise.all(files.filter((name) => name.startsWith('js/strings/en/'))
  .map(async (name) => Object.values(await import(`${STATIC}/${name}`))[0]));
const STRINGS = Object.assign({}, EN, ...parts);

test('every module imports by relative paths only, and each path leads to a file', () => {
  for (const name of files.filter((file) => /\.m?js$/.test(file))) {
    // An import in a comment has a star before it.
    for (const [, path] of read(name).matchAll(/^(?![\s*]*\*).*?(?:from|import)\s*["']([^"']+)["'];?/gm)) {
      assert.match(path, /^\.\.?\//, name);
      assert.ok(files.includes(join(name, '..', path)), `${name} imports ${path}`);
    }
  }
});

test('the layers hold: the protocol knows no model, and the model no view', () => {
  const layers = { 'js/irc/': ['js/irc/'], 'js/model/': ['js/irc/', 'js/model/'], 'js/history/': ['js/irc/', 'js/model/', 'js/history/'] };
  for (const [layer, allowed] of Object.entries(layers)) {
    for (const name of modules.filter((module) => module.startsWith(layer))) {
      assert.doesNotMatch(read(name), /\b(document|window|localStorage)\b/, name);
      for (const [, path] of read(name).matchAll(/^(?:import|export) .*from '([^']+)'/gm)) {
        assert.ok(allowed.some((part) => join(name, '..', path).startsWith(part)), `${name} imports ${path}`);
      }
    }
  }
});

test('no module makes markup from text, and no markup has script or style', () => {
  for (const name of modules) {
    assert.doesNotMatch(read(name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setHTML/, name);
  }
  assert.doesNotMatch(read('index.html'), /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
});

test('every string that is used is in the table, and every string in the table is used', () => {
  const code = modules.filter((name) => !name.startsWith('js/strings/en')).map(read).join('\n');
  const made = ['error.', 'rank.', 'log.', 'composer.typing.', 'command.', 'sidebar.', 'room.history.', 'mode.', 'modeName.', 'by.',
    'list.', 'mask.', 'ban.', 'members.group.'];
  const subjects = new Set(Object.keys(STRINGS).map((key) => key.split('.')[0]));
  const used = [...code.matchAll(/'((\w+)\.\w+(?:\.\w+)*)'/g)].filter((match) => subjects.has(match[2])).map((match) => match[1]);
  for (const key of used) assert.ok(key in STRINGS, key);
  for (const key of Object.keys(STRINGS)) assert.ok(used.includes(key) || made.some((start) => key.startsWith(start)), key);
});

test('no two files of strings have the same key', () => {
  const keys = [EN, ...parts].flatMap(Object.keys);
  assert.deepEqual(keys, [...new Set(keys)]);
});

test('texts have their values; a translation may lack some', () => {
  assert.equal(t('rank.o'), 'Operator');
  assert.equal(t('entry.title', { network: '{x}' }), 'Welcome to {x}');
  assert.equal(wordsFor({ code: '404', message: 'You are banned' }), 'You are banned.');
  assert.equal(wordsFor({ code: '461', message: 'Usage: /kick NICK' }), 'Usage: /kick NICK');
  assert.equal(wordsFor({ code: 'MULTILINE_MAX_LINES', context: ['100'] }), 'A message has at most 100 lines.');
  use({ 'rank.o': 'Operador' });
  assert.equal(t('rank.o'), 'Operador');
  assert.equal(t('rank.v'), 'Voice');
  use({});
});

test('strings that are added later do not undo a translation', () => {
  use({ 'later.one': 'Eins' });
  add({ 'later.one': 'One', 'later.two': 'Two' });
  assert.deepEqual([t('later.one'), t('later.two'), t('rank.o')], ['Eins', 'Two', 'Operator']);
  use({});
});

test('dialogs are over each other, and say what they were closed with', async () => {
  const dialogs = new Dialogs();
  const first = dialogs.show(async () => 'First', { name: 'x' });
  await settle();
  const second = dialogs.show(async () => 'Second');
  assert.equal(await dialogs.show(async () => 'Second'), undefined);
  await settle();
  assert.deepEqual(dialogs.open.map(({ Component, props }) => [Component, props]), [['First', { name: 'x' }], ['Second', {}]]);
  dialogs.open[0].close('yes');
  assert.equal(await first, 'yes');
  dialogs.clear();
  assert.deepEqual([await second, dialogs.open], [undefined, []]);
});

test('a dialog whose code is gone says so, and the next one can be opened', async () => {
  const missing = [];
  const dialogs = new Dialogs((error) => missing.push(error.message));
  assert.equal(await dialogs.show(async () => { throw new TypeError('404'); }), undefined);
  assert.deepEqual([missing, dialogs.open], [['404'], []]);
  dialogs.show(async () => 'Next');
  await settle();
  assert.equal(dialogs.open.length, 1);
});

test('addresses name rooms and people, and nothing else', () => {
  for (const name of ['#room', '#é', '##two', 'nick', '#a/b?c']) assert.equal(fromFragment(toFragment(name)), name);
  for (const text of ['', '#', '#a%20b', '#a,b', '#%', '#%0d%0aQUIT']) assert.equal(fromFragment(text), '');
  assert.equal(fromFragment('#tea'), '#tea');
});

test('settings are remembered, and broken ones are not fatal', () => {
  const stored = new Map();
  const storage = { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value) };
  new Settings(storage).set('nick', 'ann');
  assert.equal(new Settings(storage).get('nick'), 'ann');
  stored.set('twistchat', '{');
  assert.equal(new Settings(storage).get('theme'), 'system');
});

test('a refused login says its code', async () => {
  const answers = [{ ok: false, status: 403, json: async () => ({ code: 'CODE_REQUIRED', error: 'Code?' }) }];
  const sent = [];
  const login = new Login(async (...request) => (sent.push(request), answers.shift()));
  await assert.rejects(login.enter('ann', 'secret'), { code: 'CODE_REQUIRED', message: 'Code?' });
  assert.deepEqual(JSON.parse(sent[0][1].body), { name: 'ann', password: 'secret' });
  const without = new Login(async () => ({ ok: false, status: 404 }));
  assert.deepEqual([(await without.read()).guests, (await without.read()).logins], [true, false]);
  const broken = new Login(async () => ({ ok: false, status: 500, statusText: 'Broken' }));
  await assert.rejects(broken.read(), { code: 'UNREACHABLE' });
});
