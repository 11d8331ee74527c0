import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from './fakes.mjs';
import { STATIC } from './paths.mjs';

const { Chat } = await import(`${STATIC}/js/model/chat.js`);
const { Capabilities } = await import(`${STATIC}/js/irc/capabilities.js`);
const { Isupport } = await import(`${STATIC}/js/irc/isupport.js`);
const { parse } = await import(`${STATIC}/js/irc/message.js`);
const { RequestError } = await import(`${STATIC}/js/irc/requests.js`);
const { apply } = await import(`${STATIC}/js/model/effects/index.js`);
const { NOTHING, isEmpty, toParameter } = await import(`${STATIC}/js/search/query.js`);
const { Search } = await import(`${STATIC}/js/search/search.js`);
const { Mentions } = await import(`${STATIC}/js/search/mentions.js`);
const { forgetOnLeave } = await import(`${STATIC}/js/search/views.js`);
const { Observable } = await import(`${STATIC}/js/model/observable.js`);
const { excerpt } = await import(`${STATIC}/js/search/excerpt.js`);

const said = (id, text, { target = '#r', nick = 'bob', time = id } = {}) =>
  parse(`@msgid=${id};time=${new Date(time * 1000).toISOString()} :${nick}!u@h PRIVMSG ${target} :${text}`);

/** A connection whose requests are answered by the test. */
function begin({ capability = 'twistchat.org/search' } = {}) {
  const isupport = new Isupport();
  const asked = [];
  const capabilities = new Capabilities();
  capabilities.acknowledge(capability);
  const request = (command, [parameter]) => new Promise((resolve, reject) => asked.push({
    command, parameter, fail: reject,
    answer: (...items) => resolve({ kind: 'batch', type: 'twistchat.org/search', params: [], tags: {}, items }),
  }));
  const connection = { capabilities, request, isupport };
  const chat = new Chat(() => isupport, () => 0);
  chat.session.update({ nick: 'me' });
  return { asked, chat, connection, search: new Search(connection, chat) };
}

const ids = ({ matches }) => matches.map(({ message }) => message.id);

test('a query is a parameter of SEARCH; days are those of this browser, with their ends', () => {
  const query = { ...NOTHING, text: ' green tea; ', room: '#r', from: 'bob', after: '2026-01-31', before: '2026-02-01' };
  const iso = (text) => new Date(text).toISOString();
  assert.equal(toParameter(query, 5),
    `text=green\\stea\\:;in=#r;from=bob;after=${iso('2026-01-31T00:00')};before=${iso('2026-02-01T23:59:59.999')};limit=5`);
  assert.equal(toParameter({ ...NOTHING, text: 'a' }, 5, 'x1'), 'text=a;before=msgid=x1;limit=5');
  assert.equal(toParameter({ ...NOTHING, after: '2026-01-31' }, 5, 'x1'), 'after=msgid=x1;limit=5');
  assert.equal(toParameter({ ...NOTHING, text: 'a', before: 'never' }, 5), 'text=a;limit=5');
  assert.deepEqual([isEmpty(NOTHING), isEmpty({ ...NOTHING, text: '  ' }), isEmpty(query)], [true, true, false]);
});

test('results come the newest first, in pages, each message once', async () => {
  const { asked, search } = begin();
  search.run({ ...NOTHING, text: 'tea' });
  asked[0].answer(...Array.from({ length: 25 }, (_, index) => said(100 + index, 'tea')));
  await settle();
  assert.deepEqual([ids(search)[0], ids(search).at(-1), search.more, search.busy], ['124', '100', true, false]);
  search.next();
  assert.equal(asked[1].parameter, 'text=tea;before=msgid=100;limit=25');
  asked[1].answer(said(98, 'tea'), said(99, 'tea'), said(100, 'tea'));
  await settle();
  assert.deepEqual([ids(search).length, ids(search).at(-1), search.more], [27, '98', false]);
});

test('from a first day on, results go forward in time', async () => {
  const { asked, search } = begin();
  search.run({ ...NOTHING, after: '2026-01-01' });
  asked[0].answer(...Array.from({ length: 25 }, (_, index) => said(100 + index, 'tea')));
  await settle();
  search.next();
  assert.match(asked[1].parameter, /^after=msgid=124;/);
  asked[1].answer(said(125, 'x'));
  await settle();
  assert.deepEqual([ids(search)[0], ids(search).at(-1)], ['100', '125']);
});

test('an error is kept with the results so far, and an answer to an earlier search is forgotten', async () => {
  const { asked, search } = begin();
  search.run({ ...NOTHING, text: 'one' });
  search.run({ ...NOTHING, text: 'two' });
  asked[0].answer(said(1, 'one'));
  asked[1].answer(said(2, 'two'));
  await settle();
  assert.deepEqual(ids(search), ['2']);
  search.next();
  asked[2].fail(new RequestError('INTERNAL_ERROR', 'The history cannot be read.'));
  await settle();
  assert.deepEqual([ids(search), search.error.message, search.busy], [['2'], 'The history cannot be read.', false]);
});

test('a match is in the room, or in the conversation with the other one', async () => {
  const { asked, search } = begin();
  search.run({ ...NOTHING, text: 'x' });
  asked[0].answer(said(1, 'x', { target: '#r' }), said(2, 'x', { target: 'me', nick: 'bob' }), said(3, 'x', { target: 'eve', nick: 'me' }),
    parse('@msgid=4 :bob!u@h JOIN #r'));
  await settle();
  assert.deepEqual(search.matches.map(({ name }) => name), ['eve', 'bob', '#r']);
});

test('mentions come from live messages, from the history that is loaded, and from the server, each once', async () => {
  const { asked, chat, connection } = begin();
  const room = chat.conversation('#r');
  room.mark(2500);
  const mentions = new Mentions(connection, chat);
  for (const line of [said(1, 'hello'), said(2, 'me, hello'), said(3, 'what do you say, Me?'), said(4, 'me too', { nick: 'me' })]) apply(chat, line);
  assert.deepEqual(ids(mentions), ['3', '2']);
  const later = new Mentions(connection, chat);
  const collected = later.collect();
  assert.deepEqual(ids(later), ['3', '2']);
  assert.match(asked[0].parameter, /^text=me;/);
  asked[0].answer(said(0, 'ME?', { target: '#s' }), said(2, 'me, hello'), said(9, 'not you'));
  await collected;
  assert.deepEqual(ids(later), ['3', '2', '0']);
  assert.deepEqual(later.matches.map((match) => later.isNew(match)), [true, false, false]);
  apply(chat, parse(':bob!u@h REDACT #r 3'));
  later.collect();
  assert.deepEqual(ids(later), ['2', '0']);
});

test('where the server cannot search, mentions are those that are here', async () => {
  const { asked, chat, connection } = begin({ capability: '' });
  chat.conversation('#r');
  const mentions = new Mentions(connection, chat);
  apply(chat, said(2, 'me, hello'));
  await mentions.collect();
  assert.deepEqual([ids(mentions), asked.length, mentions.error], [['2'], 0, null]);
});

test('when this user leaves, nothing of what was found is kept for the next one, and no late answer', async () => {
  const { asked, chat, connection, search } = begin();
  const app = Object.assign(new Observable(), { search, mentions: new Mentions(connection, chat), entered: true });
  forgetOnLeave(app);
  chat.conversation('#r');
  apply(chat, said(2, 'me, hello'));
  search.run({ ...NOTHING, text: 'tea' });
  app.changed();
  assert.deepEqual([ids(app.mentions), search.busy], [['2'], true]);
  app.entered = false;
  app.changed();
  asked[0].answer(said(1, 'tea'));
  await settle();
  assert.deepEqual([ids(app.mentions), ids(search), search.query, search.busy], [[], [], NOTHING, false]);
});

const marked = (text, words) => excerpt(text, words).map(({ text: piece, hit }) => (hit ? `[${piece}]` : piece)).join('');

test('an excerpt marks whole words, in any case and with any accents', () => {
  assert.equal(marked('Green TÉA, teapot', 'tea green'), '[Green] [TÉA], teapot');
  assert.equal(marked('日本茶がある', '茶'), '日本[茶]がある');
  assert.equal(marked('a\nb', 'b'), 'a [b]');
  assert.equal(marked('nothing', ''), 'nothing');
  assert.equal(marked('me-me', 'me'), '[me]-[me]');
});

test('of a long message the part with the first word is shown', () => {
  const long = `${'x '.repeat(300)}tea ${'y '.repeat(300)}`;
  const shown = marked(long, 'tea');
  assert.match(shown, /^….*\[tea\].*…$/);
  assert.ok(shown.length < 260);
  assert.equal([...marked(long, 'none')].length, 241);
});
