import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeTimers, settle } from './fakes.mjs';
import { STATIC } from './paths.mjs';

const { Client } = await import(`${STATIC}/js/client.js`);
const { Chat } = await import(`${STATIC}/js/model/chat.js`);
const { Capabilities } = await import(`${STATIC}/js/irc/capabilities.js`);
const { Isupport } = await import(`${STATIC}/js/irc/isupport.js`);
const { parse } = await import(`${STATIC}/js/irc/message.js`);
const { apply } = await import(`${STATIC}/js/model/effects/index.js`);
const { Settings } = await import(`${STATIC}/js/settings.js`);

function begin({ capabilities = '', remembered = [], isupport: tokens = [] } = {}) {
  const timers = new FakeTimers();
  const isupport = new Isupport();
  isupport.apply(['me', ...tokens, 'x']);
  const sent = [];
  const asked = (command, params) => (sent.push([command, ...params].join(' ')), Promise.resolve(parse('ACK')));
  const connection = {
    isupport, state: 'online', identity: {}, capabilities: new Capabilities(),
    send: (command, params = []) => sent.push([command, ...params].join(' ')),
    request: asked,
    requestLines: (command, target, parts) => asked(`${command}s`, [target, parts.map((part) => part.text).join('|')]),
    open: () => {}, close: () => {},
  };
  connection.capabilities.offer(capabilities);
  connection.capabilities.acknowledge(capabilities.replace(/=\S*/g, ''));
  const settings = new Settings({ getItem: () => null, setItem: () => {} });
  settings.set('rooms', remembered);
  const synced = [];
  const history = { sync: (conversation) => synced.push(conversation.name), count: () => {} };
  const chat = new Chat(() => isupport, timers.now);
  const client = new Client({ chat, connection, history, settings, timers });
  const take = (...lines) => lines.forEach((line) => apply(chat, parse(line)));
  client.enter({ nick: 'me', account: false });
  return { chat, client, connection, sent, settings, synced, take, timers };
}

test('rooms are joined again with one line, each once', () => {
  const { client, sent, take, synced, settings } = begin({ remembered: ['#A', '#b', '#lobby'] });
  take(':me!u@h JOIN #a', ':me!u@h JOIN #c');
  settings.set('rooms', ['#A', '#b', '#lobby']);
  client.welcomed('me', '#LOBBY');
  assert.deepEqual(sent, ['JOIN #A,#c,#b']);
  assert.deepEqual(synced, ['#a', '#c']);
});

test('rooms that this user is in are remembered, and left ones forgotten', () => {
  const { chat, client, sent, settings, take } = begin();
  take(':me!u@h JOIN #a', ':me!u@h JOIN #b');
  assert.deepEqual(settings.get('rooms'), ['#a', '#b']);
  client.close(chat.conversations.get('#a'));
  assert.deepEqual([sent.at(-1), settings.get('rooms'), chat.conversations.open.name], ['PART #a', ['#b'], '#b']);
  assert.equal(settings.get('been'), true);
});

test('several lines are one message where the server takes it, and several ones where not', async () => {
  const rich = begin({ capabilities: 'draft/multiline=max-bytes=4096,max-lines=3' });
  await rich.client.say(rich.chat.conversation('#a'), 'one\n\ntwo');
  assert.deepEqual(rich.sent, ['PRIVMSGs #a one||two']);
  const plain = begin();
  await plain.client.say(plain.chat.conversation('#a'), 'one\n\ntwo');
  assert.deepEqual(plain.sent, ['PRIVMSG #a one', 'PRIVMSG #a two']);
});

test('a change of the nick is kept for the next connection, and for the next visit of a guest', () => {
  const { connection, settings, take } = begin();
  take(':bob!b@h NICK rob', ':me!u@h NICK you');
  assert.deepEqual([connection.identity.nick, settings.get('nick')], ['you', 'you']);
  connection.identity.account = true;
  take(':you!u@h NICK they');
  assert.deepEqual([connection.identity.nick, settings.get('nick')], ['they', 'you']);
});

test('what is no name opens no conversation', async () => {
  const { chat, client } = begin();
  for (const name of ['two words', 'a,b', 'n!u@h', '*']) await assert.rejects(client.open(name), { code: 'NO_NAME' });
  assert.deepEqual([...chat.conversations], []);
});

test('read markers are sent at once, then sparingly, and never back', async () => {
  const { chat, client, sent, timers } = begin({ capabilities: 'draft/read-marker' });
  const conversation = chat.conversation('bob');
  const start = conversation.marker;
  const mark = (later) => `MARKREAD bob timestamp=${new Date(start + later).toISOString()}`;
  for (const later of [1000, 3000, 2000, 2500]) client.markRead(conversation, start + later);
  timers.advance(1999);
  assert.deepEqual(sent, [mark(1000)]);
  timers.advance(1);
  assert.deepEqual(sent, [mark(1000), mark(3000)]);
  timers.advance(10000);
  await settle();
  assert.equal(sent.length, 2);
});

test('a conversation that has no read marker gets one, if this user has an account', () => {
  for (const account of [null, 'me']) {
    const { chat, sent, take } = begin({ capabilities: 'draft/read-marker' });
    chat.session.update({ account });
    take(':me!u@h JOIN #a', '@time=2026-01-01T00:00:00.000Z MARKREAD #a *', 'MARKREAD #a *');
    assert.deepEqual(sent, account ? ['MARKREAD #a timestamp=2026-01-01T00:00:00.000Z'] : []);
  }
});

test('a read marker of another client is not sent again', () => {
  const { chat, client, sent, timers } = begin({ capabilities: 'draft/read-marker' });
  const conversation = chat.conversation('bob');
  client.markRead(conversation, conversation.marker + 1000);
  conversation.mark(conversation.marker + 5000);
  timers.advance(10000);
  assert.equal(sent.length, 1);
});

test('private conversations of the last time count as unread from their marker on', async () => {
  const { chat, client, take } = begin({ capabilities: 'draft/read-marker draft/chathistory' });
  client._connection.request = () => Promise.resolve(parse('CHATHISTORY TARGETS bob 2026-01-01T00:00:00.000Z')); // private: the answer
  chat.session.update({ account: 'me' });
  client.welcomed('me');
  await settle();
  const conversation = chat.conversations.get('bob');
  assert.equal(conversation.marker, null);
  take('MARKREAD bob timestamp=2026-01-01T00:00:00.000Z');
  assert.equal(conversation.marker, Date.parse('2026-01-01T00:00:00.000Z'));
});

test('many rooms are joined again with several lines, none too long', () => {
  const names = Array.from({ length: 30 }, (_, number) => `#${String(number).padStart(30, 'x')}`);
  const { client, sent } = begin({ remembered: names });
  client.welcomed('me');
  assert.equal(sent.length, 3);
  assert.ok(sent.every((line) => line.length <= 410));
  assert.deepEqual(sent.flatMap((line) => line.replace('JOIN ', '').split(',')), names);
});

test('no more nicks are watched than the server allows, and renames are followed', async () => {
  const { chat, client, sent, take } = begin({ isupport: ['MONITOR=2'] });
  for (const nick of ['ann', 'bob', 'cat']) await client.open(nick);
  assert.deepEqual(sent, ['MONITOR + ann', 'MONITOR + bob']);
  client.close(chat.conversations.get('cat'));
  take(':bob!b@h NICK rob');
  client.close(chat.conversations.get('ann'));
  assert.deepEqual(sent.slice(2), ['MONITOR - bob', 'MONITOR + rob', 'MONITOR - ann']);
  client.welcomed('me');
  assert.equal(sent.at(-1), 'MONITOR + rob');
});

test('a room that was left is shown as it is, and joined again if that is asked for', async () => {
  const { chat, client, sent, take } = begin();
  take(':me!u@h JOIN #a', ':ann!a@h KICK #a me :out');
  await client.open('#a');
  assert.deepEqual([sent, chat.conversations.open.name], [[], '#a']);
  client.welcomed('me');
  assert.deepEqual(sent, []);
  await client.open('#a', { join: true });
  assert.deepEqual(sent, ['JOIN #a']);
});

test('rooms are remembered under their new names', () => {
  const { settings, take } = begin();
  take(':me!u@h JOIN #a', ':ann!a@h RENAME #a #b :better');
  assert.deepEqual(settings.get('rooms'), ['#b']);
});
