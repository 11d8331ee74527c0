import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from './fakes.mjs';
import { STATIC } from './paths.mjs';

const { History } = await import(`${STATIC}/js/history/history.js`);
const { Conversation } = await import(`${STATIC}/js/model/conversation.js`);
const { toMessage } = await import(`${STATIC}/js/model/messages.js`);
const { Isupport } = await import(`${STATIC}/js/irc/isupport.js`);
const { parse } = await import(`${STATIC}/js/irc/message.js`);
const { RequestError } = await import(`${STATIC}/js/irc/requests.js`);

const reader = { isSelf: () => false, ignores: () => false, mentions: () => false, now: () => 0 };
const line = (id) => parse(`@msgid=${id};time=${new Date(id * 1000).toISOString()} :n!u@h PRIVMSG #r :${id}`);

/** A server with the messages 1 to `total`, and a most for each page. Its answers wait until `answer` is called. */
class FakeServer {
  constructor(total, most = 500) {
    this.ids = Array.from({ length: total }, (_, index) => index + 1);
    this.capabilities = { has: () => true };
    this.isupport = new Isupport();
    this.isupport.apply(['me', `CHATHISTORY=${most}`, 'x']);
    this.asked = [];
    this.waiting = [];
  }

  request(command, [subcommand, target, selector, limit]) {
    this.asked.push(`${subcommand} ${selector} ${limit}`);
    return new Promise((resolve, reject) => this.waiting.push(() => {
      const at = Number(selector.replace('msgid=', ''));
      if (subcommand !== 'LATEST' && !this.ids.includes(at)) return reject(new RequestError('MESSAGE_ERROR', ''));
      const all = this.ids;
      const found = {
        LATEST: () => all.slice(-limit),
        BEFORE: () => all.filter((id) => id < at).slice(-limit),
        AFTER: () => all.filter((id) => id > at).slice(0, limit),
        AROUND: () => all.filter((id) => Math.abs(id - at) <= limit / 2),
      }[subcommand]();
      return resolve({ kind: 'batch', type: 'chathistory', params: [target], tags: {}, items: found.map(line) });
    }));
  }

  async answer() {
    for (;;) {
      await settle();
      if (!this.waiting.length) return;
      this.waiting.shift()();
    }
  }
}

function begin(total, most) {
  const server = new FakeServer(total, most);
  const room = new Conversation('#r', 'room');
  const live = (id) => {
    server.ids.push(id);
    room.timeline.add(toMessage(line(id), reader), String(id));
  };
  const shown = () => room.timeline.messages.map((message) => Number(message.id));
  return { server, room, history: new History(server, reader), live, shown };
}

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('the newest messages come first, and what is live meanwhile comes once and after them', async () => {
  const { server, room, history, live, shown } = begin(100);
  history.sync(room);
  live(101);
  await server.answer();
  live(102);
  assert.deepEqual(server.asked, ['LATEST * 50']);
  assert.deepEqual(shown(), range(52, 102));
});

test('a message that is live and in no page is kept, in its place', async () => {
  const { server, room, history, shown } = begin(10);
  history.sync(room);
  room.timeline.add(toMessage(parse(`@msgid=j;time=${new Date(9500).toISOString()} :n!u@h JOIN #r`), reader), 'j');
  await server.answer();
  assert.deepEqual(room.timeline.messages.slice(-3).map((message) => message.id), ['9', 'j', '10']);
  assert.equal(shown().length, 11);
});

test('older pages join without gaps up to the start', async () => {
  const { server, room, history, shown } = begin(120);
  history.sync(room);
  await server.answer();
  for (let n = 0; n < 4; n++) {
    history.older(room);
    await server.answer();
  }
  assert.deepEqual(shown(), range(1, 120));
  assert.equal(room.timeline.atStart, true);
  assert.equal(server.asked.length, 4);
});

test('a gap is filled by pages, without loss or duplicate', async () => {
  const { server, room, history, live, shown } = begin(60, 30);
  history.sync(room);
  await server.answer();
  server.ids.push(...range(61, 130));
  history.sync(room);
  live(131);
  await server.answer();
  live(132);
  assert.deepEqual(server.asked.slice(1), ['AFTER msgid=60 30', 'AFTER msgid=90 30', 'AFTER msgid=120 30']);
  assert.deepEqual(shown(), range(31, 132));
});

test('a gap that is too long, and a history that is another one, begin again at the newest', async () => {
  const { server, room, history, shown } = begin(10, 50);
  history.sync(room);
  await server.answer();
  server.ids.push(...range(11, 1000));
  history.sync(room);
  await server.answer();
  assert.deepEqual(shown(), range(951, 1000));
  server.ids = range(2001, 2003);
  history.sync(room);
  await server.answer();
  assert.deepEqual(shown(), range(2001, 2003));
});

test('after a jump, live messages wait until the reader comes to the end', async () => {
  const { server, room, history, live, shown } = begin(300);
  history.sync(room);
  await server.answer();
  history.around(room, '100');
  await server.answer();
  assert.deepEqual(shown(), range(75, 125));
  live(301);
  assert.deepEqual(shown(), range(75, 125));
  for (let n = 0; n < 4; n++) {
    history.newer(room);
    await server.answer();
  }
  live(302);
  assert.deepEqual(shown(), range(75, 302));
});

test('when loading fails, live messages are shown all the same', async () => {
  const { room, history, live, server, shown } = begin(10);
  server.request = () => Promise.reject(new RequestError('DISCONNECTED', ''));
  history.sync(room);
  live(11);
  await settle();
  assert.deepEqual(shown(), [11]);
});

test('a reaction to a message that is loaded later is on it', async () => {
  const { room, server, history } = begin(100);
  history.sync(room);
  await server.answer();
  room.timeline.amend({ of: '10', change: (message) => Object.freeze({ ...message, text: 'changed' }) });
  history.older(room);
  await server.answer();
  assert.equal(room.timeline.find('10').text, 'changed');
});

test('a reader in the past stays there when the connection comes back, and what was missed counts', async () => {
  const { server, room, history, live, shown } = begin(300);
  room.mark(300000);
  history.sync(room);
  await server.answer();
  history.around(room, '100');
  await server.answer();
  server.ids.push(...range(301, 320));
  history.sync(room);
  live(321);
  await server.answer();
  live(322);
  assert.deepEqual(shown(), range(75, 125));
  assert.equal(room.unread, 21);
  history.latest(room);
  live(323);
  await server.answer();
  assert.deepEqual(shown(), range(274, 323));
});

test('a message that is not there changes nothing', async () => {
  const { server, room, history, shown } = begin(100);
  history.sync(room);
  await server.answer();
  history.around(room, '4000');
  await server.answer();
  assert.deepEqual(shown(), range(51, 100));
});

test('when the newest messages do not come, the reader stays in the past', async () => {
  const { server, room, history, live, shown } = begin(300);
  history.sync(room);
  await server.answer();
  history.around(room, '100');
  await server.answer();
  const { request } = server;
  server.request = () => Promise.reject(new RequestError('DISCONNECTED', ''));
  history.latest(room);
  live(301);
  await settle();
  server.request = request;
  live(302);
  assert.deepEqual(shown(), range(75, 125));
});

test('unread messages before those that are loaded count, by one request', async () => {
  const { server, room, history, shown } = begin(300);
  room.mark(180000);
  history.sync(room);
  await server.answer();
  assert.equal(room.unread, 50);
  history.count(room);
  await server.answer();
  assert.deepEqual(server.asked, ['LATEST * 50', 'BEFORE msgid=251 200']);
  assert.equal(room.unread, 120);
  assert.deepEqual(shown(), range(251, 300));
  room.mark(299000);
  history.count(room);
  await server.answer();
  assert.deepEqual([server.asked.length, room.unread], [2, 1]);
});

test('a reader who is far back keeps what is there while others talk, and comes to the end without a gap', async () => {
  const { server, room, history, live, shown } = begin(3000, 500);
  history.sync(room);
  await server.answer();
  room.timeline.isFar = () => true;
  while (shown()[0] > 900) {
    history.older(room);
    await server.answer();
  }
  for (let id = 3001; id < 3100; id++) live(id);
  const kept = shown();
  assert.equal(kept[0], 851);
  assert.deepEqual(kept, range(kept[0], kept.at(-1)));
  assert.ok(kept.length <= 2000 && kept.at(-1) < 3000);
  room.timeline.isFar = () => false;
  while (!room.timeline.atEnd) {
    history.newer(room);
    await server.answer();
  }
  live(3100);
  assert.deepEqual(shown(), range(1101, 3100));
});

test('while the reader is far back, a live message too many takes the newest away, and not what is read', async () => {
  const { server, room, history, live, shown } = begin(1990, 500);
  history.sync(room);
  await server.answer();
  room.timeline.isFar = () => true;
  while (shown()[0] > 1) {
    history.older(room);
    await server.answer();
  }
  for (let id = 1991; id <= 2020; id++) live(id);
  assert.deepEqual([shown()[0], shown().at(-1), room.timeline.atEnd], [1, 1800, false]);
  history.newer(room);
  await server.answer();
  assert.deepEqual(shown(), range(1, 1850));
});
