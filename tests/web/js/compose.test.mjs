import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeTimers } from './fakes.mjs';
import { STATIC } from './paths.mjs';

const { accept, nicksOf, replaceNamed, suggest } = await import(`${STATIC}/js/compose/completion.js`);
const { EMOJI, OFTEN, emojiNamed, findEmoji } = await import(`${STATIC}/js/compose/emoji.js`);
const { toggle } = await import(`${STATIC}/js/compose/formatting.js`);
const { Recall } = await import(`${STATIC}/js/compose/recall.js`);
const { Drafts } = await import(`${STATIC}/js/compose/drafts.js`);
const { TypingNotices } = await import(`${STATIC}/js/compose/typing.js`);
const { cleaned, unitsOf } = await import(`${STATIC}/js/compose/units.js`);
const { commandOf, isSecret, spoken, words } = await import(`${STATIC}/js/compose/commands/parse.js`);
const { Chat } = await import(`${STATIC}/js/model/chat.js`);
const { Isupport } = await import(`${STATIC}/js/irc/isupport.js`);
const { parse } = await import(`${STATIC}/js/irc/message.js`);
const { apply } = await import(`${STATIC}/js/model/effects/index.js`);

const SOURCES = {
  nicks: (start) => ['bob', 'alice', 'Bertha'].filter((nick) => nick.toLowerCase().startsWith(start.toLowerCase())),
  rooms: () => ['#tea', '#teapot', '#coffee'],
  commands: () => [{ name: 'join', hint: 'Join' }, { name: 'kick', hint: 'Kick' }, { name: 'k', hint: '' }],
};
const labels = (text, asked = false, caret = text.length) =>
  suggest(text, caret, SOURCES, asked)?.options.map((option) => option.label) ?? null;

test('signs begin suggestions while one types, names need Tab', () => {
  assert.deepEqual(labels('b'), null);
  assert.deepEqual(labels('b', true), ['bob', 'Bertha']);
  assert.deepEqual(labels('so, @B'), ['bob', 'Bertha']);
  assert.deepEqual(labels('see #tea'), ['#teapot']);
  assert.deepEqual(labels('see #tea', true), ['#tea', '#teapot']);
  assert.deepEqual(labels('/k'), ['/kick']);
  assert.deepEqual(labels('say /k', true), null);
  assert.deepEqual(labels('/'), ['/join', '/kick', '/k']);
  for (const nothing of ['', 'hello ', ':', ':)', ':D', '10:30', 'zzz']) assert.equal(labels(nothing, nothing !== ':D'), null, nothing);
  assert.deepEqual(labels(':tada')[0], '🎉');
  assert.deepEqual(labels('bob said', true, 2), ['bob']);
});

test('a nick that begins the text has a colon, and no second space is put', () => {
  const chosen = (text, caret = text.length) => accept(text, suggest(text, caret, SOURCES, true), 0);
  assert.deepEqual(chosen('bo'), { text: 'bob: ', caret: 5 });
  assert.deepEqual(chosen('@bo'), { text: 'bob: ', caret: 5 });
  assert.deepEqual(chosen('hi @al'), { text: 'hi alice ', caret: 9 });
  assert.deepEqual(chosen('hi al there', 5), { text: 'hi alice there', caret: 9 });
});

test('who spoke last comes first, this user never, and who left is not there', () => {
  const chat = new Chat(() => new Isupport(), () => 0);
  chat.session.update({ nick: 'me' });
  const take = (...lines) => lines.forEach((line) => apply(chat, parse(line)));
  take(':me!u@h JOIN #r', ':s 353 me = #r :me @zoe adam bob eve', ':s 366 me #r :', ':eve!e@h PRIVMSG #r :1', ':bob!b@h PRIVMSG #r :2',
    ':eve!e@h PRIVMSG #r :3', ':me!u@h PRIVMSG #r :4', ':bob!b@h QUIT :');
  assert.deepEqual(nicksOf(chat.conversations.get('#r'), chat), ['eve', 'adam', 'zoe']);
  assert.deepEqual(nicksOf(chat.conversations.get('#r'), chat, 'Z'), ['zoe']);
  take(':ann!a@h PRIVMSG me :psst');
  assert.deepEqual(nicksOf(chat.conversations.get('ann'), chat), ['ann']);
});

test('emoji are found by name, each has one entry, and :name: is replaced', () => {
  const all = EMOJI.map(({ emoji }) => emoji);
  assert.ok(all.length > 300);
  assert.equal(new Set(all).size, all.length);
  for (const { emoji, names } of EMOJI) assert.ok(names.length && names.every((name) => /^[\p{L}\d_+&.()-]+$/u.test(name)), `${emoji} ${names}`);
  for (const emoji of OFTEN) assert.ok(all.includes(emoji), emoji);
  assert.equal(emojiNamed('thumbs_up'), '👍');
  assert.deepEqual(findEmoji('party pop', 5).map((one) => one.emoji), ['🎉']);
  assert.deepEqual(replaceNamed('good :+1: or', 9), { text: 'good 👍 or', caret: 7 });
  for (const text of ['a:+1:', '10:30:', ':nosuchname:', '::']) assert.equal(replaceNamed(text, text.length), null, text);
});

test('formatting is put around what is selected, by line, and taken away again', () => {
  assert.deepEqual(toggle('a bc d', 2, 4, '\x02'), { text: 'a \x02bc\x02 d', start: 3, end: 5 });
  assert.deepEqual(toggle('a \x02bc\x02 d', 3, 5, '\x02'), { text: 'a bc d', start: 2, end: 4 });
  assert.equal(toggle('a\n\nb', 0, 4, '\x1d').text, '\x1da\x1d\n\n\x1db\x1d');
  assert.deepEqual(toggle('ab', 1, 1, '\x1f'), { text: 'a\x1fb', start: 2, end: 2 });
});

test('what was sent is recalled, and what was being written comes back', () => {
  const recall = new Recall();
  for (const text of ['one', 'two', 'two']) recall.add(text);
  assert.equal(recall.older('new'), 'two');
  assert.ok(recall.shows('two') && !recall.shows('two!'));
  assert.equal(recall.older('two'), 'one');
  assert.equal(recall.older('one'), null);
  assert.deepEqual([recall.newer(), recall.newer(), recall.newer()], ['two', 'new', null]);
});

test('drafts are stored after a moment, under any case of the name, and forgotten together', () => {
  const storage = { other: '1' };
  const methods = {
    getItem: (key) => storage[key] ?? null, setItem: (key, value) => { storage[key] = value; }, removeItem: (key) => { delete storage[key]; },
  };
  const face = new Proxy(storage, { get: (target, key) => methods[key] ?? target[key] });
  const timers = new FakeTimers();
  const drafts = new Drafts(face, timers, (name) => name.toLowerCase());
  drafts.write('#Tea', 'hel');
  drafts.write('#Tea', 'hello');
  assert.equal(drafts.read('#tea'), 'hello');
  assert.deepEqual(Object.keys(storage), ['other']);
  timers.advance(400);
  assert.equal(new Drafts(face, timers, (name) => name.toLowerCase()).read('#TEA'), 'hello');
  drafts.write('#tea', '');
  drafts.write('bob', 'hi');
  drafts.store();
  assert.deepEqual(Object.values(storage), ['1', 'hi']);
  drafts.rename('bob', 'rob');
  drafts.store();
  assert.deepEqual([drafts.read('bob'), drafts.read('rob')], ['', 'hi']);
  drafts.clear();
  assert.deepEqual(storage, { other: '1' });
  const careful = new Drafts(face, timers, (name) => name, isSecret);
  careful.write('#tea', '/msg NickServ IDENTIFY pass');
  careful.write('NickServ', 'IDENTIFY pass');
  careful.write('nick', '/msg bob hello');
  careful.store();
  assert.deepEqual([Object.values(storage), careful.read('NickServ')], [['1', '/msg bob hello'], 'IDENTIFY pass']);
  const full = new Drafts({ getItem: () => null, setItem: () => { throw new Error('full'); }, removeItem: () => {} }, timers, (name) => name);
  full.write('a', 'kept');
  full.store();
  assert.equal(full.read('a'), 'kept');
});

test('typing is told every three seconds at most, not for commands, and not if this user does not want it', () => {
  const timers = new FakeTimers();
  const sent = [];
  const settings = { typing: true, get: (name) => settings[name] };
  const connection = {
    capabilities: { has: () => true }, send: (command, [target], { tags }) => sent.push(`${command} ${target} ${tags['+typing']}`),
  };
  const typing = new TypingNotices({ connection, settings, timers });
  const room = { name: '#r' };
  for (let key = 0; key < 9; key++) {
    typing.typed(room, 'x');
    timers.advance(1000);
  }
  assert.deepEqual(sent.splice(0), Array(3).fill('TAGMSG #r active'));
  timers.advance(5000);
  typing.typed(room, '');
  assert.deepEqual(sent.splice(0), ['TAGMSG #r paused']);
  typing.typed(room, 'x');
  typing.typed(room, '');
  typing.typed(room, 'x');
  assert.deepEqual(sent.splice(0), ['TAGMSG #r active', 'TAGMSG #r done']);
  timers.advance(10000);
  typing.typed(room, '/kick bob');
  settings.typing = false;
  typing.typed(room, 'x');
  assert.deepEqual(sent, []);
  settings.typing = true;
  typing.typed(room, '//kick');
  typing.sent();
  timers.advance(10000);
  assert.deepEqual(sent, ['TAGMSG #r active']);
});

test('a text that is too long is refused with what fits, and others become as few messages as possible', () => {
  const to = { target: '#r', action: false };
  const rich = { line: 512, multiline: { bytes: 100, lines: 3 } };
  const units = (text, limits = rich, options = to) => unitsOf(text, options, limits);
  assert.deepEqual(units('one\n\ntwo'), ['one\n\ntwo']);
  assert.deepEqual(units('one\n\ntwo', { line: 512, multiline: null }), ['one', 'two']);
  assert.throws(() => units('1\n2\n3\n4'), { code: 'TOO_MANY_LINES', context: ['3', '4'] });
  assert.throws(() => units(`é\n${'é'.repeat(60)}`), { code: 'TOO_LONG', context: ['50', '62'] });
  const long = 'word '.repeat(100).trim();
  assert.equal(units(long, { line: 512, multiline: { bytes: 4096, lines: 100 } }).length, 1);
  const actions = units(`${long}\nx`, rich, { target: '#r', action: true });
  assert.ok(actions.length === 2 && actions.every((text) => text.length < 400 && !text.includes('\n')));
  assert.equal(cleaned('\n a\r\nb\0\x01\x07\x02c\x02\ud800 \n'), ' a\nb\x02c\x02\ufffd');
});

test('a text that may have a password is neither stored nor recalled', () => {
  const secret = ['/ns identify pw', '/nickserv identify pw', '/cs op', '/identify pw', '/oper ann pw', '/pass pw', '/notice NickServ IDENTIFY pw',
    '/msg NickServ IDENTIFY pw', '/msg nickserv@services.net identify pw', '/m bob,NS identify pw', '/query ChanServ x', '/register pw',
    '/login ann pw', '/raw VERIFY ann 123', '/quote WEBIRC pw', '/raw :me PRIVMSG NickServ :pw', '/raw @a=b NOTICE NickServ :pw',
    '/raw ping', '/identfy pw', '/NS\tidentify pw', ' /ns identify pw', 'half a line\n/ns identify pw', '/join #room key', '/mode +k key'];
  for (const text of secret) assert.ok(isSecret('#tea', text), text);
  const harmless = ['hello', '/me waves', '/msg bob hello', '/msg observer hi', '/j #tea', '/topic tea at 5', '/kick bob why', '//ns x', '/etc/hosts',
    'see /ns help', '/help'];
  for (const text of harmless) assert.ok(!isSecret('#tea', text), text);
  for (const text of ['hello', '/me waves', 'IDENTIFY pw', '//x']) assert.ok(isSecret('NickServ', text), text);
});

test('commands are told from texts that begin with a slash', () => {
  assert.deepEqual(commandOf('/Join  #r  key '), { name: 'join', rest: '#r  key' });
  assert.deepEqual(commandOf('/me a\nb'), { name: 'me', rest: 'a\nb' });
  for (const text of ['//me', '/etc/hosts', '/', ' /me', 'a /me', '/ me']) assert.equal(commandOf(text), null, text);
  assert.deepEqual([spoken('//me'), spoken('/etc/hosts')], ['/me', '/etc/hosts']);
  assert.deepEqual(words(' a  b c ', 2), ['a', 'b', 'c']);
  assert.deepEqual(words('a', 2), ['a', '', '']);
});
