import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { FakeTimers, settle } from './fakes.mjs';
import { STATIC } from './paths.mjs';

const { NickServ, readAccount, readCredentials, secretOf, withLocalTimes } = await import(`${STATIC}/js/account/nickserv.js`);
const { Profiles } = await import(`${STATIC}/js/account/profiles.js`);
const { qrCode, qrPath, times } = await import(`${STATIC}/js/account/qr.js`);
const { Chat } = await import(`${STATIC}/js/model/chat.js`);
const { apply } = await import(`${STATIC}/js/model/effects/index.js`);
const { Isupport } = await import(`${STATIC}/js/irc/isupport.js`);
const { Settings } = await import(`${STATIC}/js/settings.js`);
const { wear } = await import(`${STATIC}/js/look.js`);
const { anotherNick } = await import(`${STATIC}/js/ui/entry.js`);

const URI = 'otpauth://totp/twistchat:ann?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=twistchat';

/** A connection whose answers are notices. */
function services(...answers) {
  const sent = [];
  return {
    sent,
    request: async (command, params, options) => {
      sent.push([command, ...params]);
      assert.equal(options.quiet, true);
      const items = answers.shift().map((text) => ({ command: 'NOTICE', params: ['ann', text], tags: {} }));
      return { kind: 'batch', items: [{ command: '900', params: ['ann'], tags: {} }, ...items] };
    },
  };
}

/** Read the codewords of a QR code of version 1 to 6, whose mask is in its format (ISO/IEC 18004, chapter 11). */
function codewordsOf(modules) {
  const size = modules.length;
  const format = [0, 1, 2].reduce((bits, at) => (bits << 1) | Number(modules[8][2 + at]), 0) ^ 0b101;
  const inverts = [
    (i, j) => (i + j) % 2, (i) => i % 2, (i, j) => j % 3, (i, j) => (i + j) % 3, (i, j) => (Math.floor(i / 2) + Math.floor(j / 3)) % 2,
    (i, j) => ((i * j) % 2) + ((i * j) % 3), (i, j) => (((i * j) % 2) + ((i * j) % 3)) % 2, (i, j) => (((i + j) % 2) + ((i * j) % 3)) % 2,
  ][format];
  const isPattern = (i, j) => (i < 9 && j < 9) || (i < 9 && j >= size - 8) || (i >= size - 8 && j < 9) || i === 6 || j === 6
    || (size > 21 && i >= size - 9 && i < size - 4 && j >= size - 9 && j < size - 4);
  const bits = [];
  for (let right = size - 1, up = true; right > 0; right -= 2, up = !up) {
    if (right === 6) right--;
    for (let step = 0; step < size; step++) {
      const i = up ? size - 1 - step : step;
      for (const j of [right, right - 1]) {
        if (!isPattern(i, j)) bits.push(Number(modules[i][j] !== (inverts(i, j) === 0)));
      }
    }
  }
  return Array.from({ length: bits.length >> 3 }, (_, at) => Number.parseInt(bits.slice(8 * at, 8 * at + 8).join(''), 2));
}

test('a QR code has the text in its modules, and corrections that belong to it', () => {
  const text = 'twistchat é';
  const modules = qrCode(text);
  assert.equal(modules.length, 21);
  const words = codewordsOf(modules);
  const bytes = new TextEncoder().encode(text);
  const nibbles = words.flatMap((word) => [word >> 4, word & 15]);
  assert.deepEqual([nibbles[0], nibbles[1] * 16 + nibbles[2]], [4, bytes.length]);
  assert.deepEqual(bytes.map((_, at) => nibbles[3 + 2 * at] * 16 + nibbles[4 + 2 * at]), bytes);
  // The polynomial of all codewords is zero at the roots of the generator.
  for (let root = 1, step = 0; step < 10; step++, root = times(root, 2)) {
    assert.equal(words.slice(0, 26).reduce((value, word) => times(value, root) ^ word, 0), 0, `root ${step}`);
  }
});

test('QR codes of other sizes have their patterns, and a text that is too long has none', () => {
  for (const [length, size] of [[14, 21], [15, 25], [122, 45], [213, 57], [666, 97]]) assert.equal(qrCode('x'.repeat(length)).length, size);
  assert.throws(() => qrCode('x'.repeat(667)), RangeError);
  const modules = qrCode(URI);
  const last = modules.length - 1;
  for (const [row, column] of [[0, 0], [0, last - 6], [last - 6, 0]]) {
    const ring = [modules[row], modules[row + 6]].map((line) => line.slice(column, column + 7));
    assert.ok(ring.flat().every(Boolean));
    assert.deepEqual(modules[row + 1].slice(column, column + 7), [true, false, false, false, false, false, true]);
  }
  assert.deepEqual(modules[6].slice(8, 16), [true, false, true, false, true, false, true, false]);
  assert.match(qrPath(modules), /^M4 4h1v1h-1z/);
});

test('QR codes of several blocks are those of another encoder with the same mask', () => {
  const known = [
    [URI, 'a7a4b75e9b4d2e4ebaad216b344c5cf3227a3d6a7ea960a1647906c555d8f14e'],
    ['twistchat '.repeat(15), '72bc22dbf7d649122e46c47987898d5207bc24ee9bdda26b787aa335fdd61d86'],
  ];
  for (const [text, hash] of known) {
    const rows = qrCode(text).map((row) => row.map(Number).join(''));
    assert.equal(createHash('sha256').update(rows.join('\n')).digest('hex'), hash, text);
  }
});

test('what NickServ says about an account is read', () => {
  const said = [
    'ann: registered 2026-11-29 23:24:59 UTC', 'Mail address: none', 'Nicks: ann, ann_', 'App tokens: phone',
    'The password needs a code of the second factor: /msg NickServ TOTP OFF <code>',
  ];
  assert.deepEqual(readAccount(said), {
    registered: '2026-11-29 23:24:59 UTC', email: '', nicks: ['ann', 'ann_'], factor: true, alwaysOn: false,
  });
  const more = ['ann: registered x', 'Mail address: a@b.c', 'Stays in its channels without a connection: /msg NickServ SET ALWAYS-ON off'];
  const { email, factor, alwaysOn } = readAccount(more);
  assert.deepEqual([email, factor, alwaysOn], ['a@b.c', false, true]);
});

test('credentials and browsers are told apart', () => {
  const said = ['You have 1 app token:', 'phone (never used)', 'Logged in at the web page: 2 browsers:',
    'Firefox on Linux (since a, last used b)', 'Firefox on Linux (2) (since a, last used c)'];
  const { own, browsers } = readCredentials(said);
  assert.deepEqual(own, [{ name: 'phone', used: 'never used' }]);
  assert.deepEqual(browsers.map(({ name }) => name), ['Firefox on Linux', 'Firefox on Linux (2)']);
  assert.deepEqual(readCredentials(['You have 0 app tokens']), { own: [], browsers: [] });
});

test('a token and recovery codes are shown only if NickServ gave some', async () => {
  const connection = services(
    ['The app token phone is: tct_abc', 'Use it in place of your password. It is shown only now'],
    ['That is no name of an app token: phone'],
    ['The secret for your app: JBSW', URI, 'To finish, within ten minutes: /msg NickServ TOTP CONFIRM <code>'],
    ['The code is wrong, or was used before'],
    ['From now on your password needs a code.', 'If you lose the app, each of these works once: aaaa-bbbb cccc-dddd'],
  );
  const nickserv = new NickServ(connection);
  assert.equal((await nickserv.addToken('phone')).secret, 'tct_abc');
  assert.equal((await nickserv.addToken('phone')).secret, null);
  const begun = await nickserv.beginFactor();
  assert.deepEqual([begun.uri, begun.secret], [URI, 'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP']);
  assert.deepEqual((await nickserv.confirmFactor('123456')).codes, []);
  assert.deepEqual((await nickserv.confirmFactor('123456')).codes, ['aaaa-bbbb', 'cccc-dddd']);
  assert.deepEqual(connection.sent[0], ['NS', 'TOKEN ADD phone']);
  assert.equal(secretOf(null), '');
  assert.doesNotMatch(withLocalTimes('since 2026-11-29 23:24:59 UTC'), /UTC|23:24:59/);
});

test('another nick counts on, and fits', () => {
  assert.deepEqual(['ann', 'ann2', 'ann19', 'x'.repeat(32)].map((nick) => anotherNick(nick)), ['ann2', 'ann3', 'ann20', `${'x'.repeat(31)}2`]);
});

/** A chat, and a connection that records what is sent. */
function connected() {
  const sent = [];
  const chat = new Chat(() => new Isupport(), () => 0);
  chat.session.update({ nick: 'ann' });
  const record = (command, params) => sent.push([command, ...params].join(' '));
  const connection = {
    state: 'closed', capabilities: { has: (name) => name === 'metadata-3' }, send: record, request: async (...all) => record(...all),
  };
  return { chat, connection, timers: new FakeTimers(), sent };
}

test('profiles are subscribed to, synchronized later, and those of guests are set again', async () => {
  const parts = connected();
  const profiles = new Profiles(parts);
  parts.chat.tell('welcomed');
  await profiles.set('color', '#aa0000');
  await profiles.set('display-name', '');
  apply(parts.chat, { command: '761', params: ['ann', 'ann', 'color', '*', '#aa0000'], tags: {} });
  await profiles.set('color', '#aa0000');
  assert.equal(profiles.of('ann', 'color'), '#aa0000');
  apply(parts.chat, { command: '774', params: ['ann', '#tea', '4'], tags: {} });
  parts.timers.advance(4000);
  parts.chat.tell('welcomed');
  parts.chat.session.update({ account: 'ann' });
  parts.chat.tell('welcomed');
  const sub = 'METADATA * SUB display-name color';
  const set = 'METADATA * SET color #aa0000';
  assert.deepEqual(parts.sent, [sub, set, 'METADATA #tea SYNC', sub, set, sub]);
});

test('own words count as mentions, as the nick does', () => {
  const { chat } = connected();
  assert.deepEqual(['Ann?', 'the kettle'].map(chat.reader.mentions), [true, false]);
  chat.highlights = ['kettle'];
  assert.deepEqual(['Ann?', 'the kettle', 'kettles'].map(chat.reader.mentions), [true, true, false]);
});

/** Two tabs of a browser. Each hears what the other one stores. */
function browser() {
  const stored = new Map();
  const tabs = [new EventTarget(), new EventTarget()];
  const storageOf = (tab) => ({
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => {
      stored.set(key, value);
      for (const other of tabs.filter((one) => one !== tab)) other.dispatchEvent(Object.assign(new Event('storage'), { key }));
    },
    removeItem: (key) => stored.delete(key),
  });
  return { stored, settings: tabs.map((tab) => new Settings(storageOf(tab), tab)) };
}

test('a setting applies in all tabs at once, and is forgotten on request', () => {
  const { stored, settings: [one, other] } = browser();
  const root = { dataset: {} };
  wear(other, root);
  one.set('theme', 'dark');
  one.set('size', 'huge');
  assert.deepEqual([other.get('theme'), root.dataset], ['dark', { theme: 'dark', size: 'huge' }]);
  other.set('theme', 'system');
  assert.deepEqual([one.get('theme'), root.dataset], ['system', { size: 'huge' }]);
  one.forget();
  assert.deepEqual([one.get('size'), stored.size], ['medium', 0]);
});

test('stored values of another kind do not count', async () => {
  const { stored } = browser();
  stored.set('twistchat', JSON.stringify({ rooms: 'x', theme: null, members: 1, nick: 'ann', other: 2 }));
  const settings = new Settings({ getItem: (key) => stored.get(key) });
  assert.deepEqual(['rooms', 'theme', 'members', 'nick', 'other'].map((name) => settings.get(name)), [[], 'system', true, 'ann', undefined]);
  await settle();
});
