import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from './fakes.mjs';
import { STATIC } from './paths.mjs';

const { clock, count, duration, latency, moment, short, size } = await import(`${STATIC}/js/admin/format.js`);
const { areaOf, lineOf, pointsOf, summaryOf, topOf } = await import(`${STATIC}/js/admin/plots.js`);
const { Refusal, Server } = await import(`${STATIC}/js/admin/server.js`);
const { INTERVAL, Watching } = await import(`${STATIC}/js/admin/watching.js`);

/** Timers that run when they are told. */
class Timers {
  constructor() {
    this.waiting = [];
  }

  set(callback, ms) {
    this.waiting.push({ callback, ms });
    return callback;
  }

  clear(timer) {
    this.waiting = this.waiting.filter(({ callback }) => callback !== timer);
  }

  run() {
    const { waiting } = this;
    this.waiting = [];
    for (const { callback } of waiting) callback();
    return waiting.map(({ ms }) => ms);
  }
}

const answer = (body, status = 200) => ({ ok: status < 300, status, statusText: 'x', json: async () => body });

test('the top of a scale is round, and so is its half', () => {
  const tops = [[0, 2], [1, 2], [2, 2], [3, 4], [4, 4], [5, 10], [10, 10], [11, 20], [99, 100], [100, 100], [101, 200], [7000, 10000]];
  for (const [most, top] of tops) assert.equal(topOf(most, true), top, String(most));
  for (const [most, top] of [[0, 1], [0.0004, 0.0004], [0.0031, 0.004], [0.05, 0.1], [1.5, 2]]) assert.ok(Math.abs(topOf(most) - top) < 1e-12, String(most));
  for (let most = 1; most < 5000; most = most * 1.3 + 0.1) assert.ok(topOf(most) >= most && topOf(most) <= 2.5 * most, String(most));
});

test('a line goes from the left to the right, the largest value is at the top, and gaps keep their width', () => {
  const minutes = [{ time: 0, v: 1 }, { time: 3600, v: 0 }, { time: 5400, v: 4 }, { time: 7200, v: 2 }];
  const points = pointsOf(minutes, ({ v }) => v, 4);
  assert.deepEqual(points, [{ x: 0, y: 100 }, { x: 30, y: 0 }, { x: 60, y: 50 }]);
  assert.equal(lineOf(points), 'M0 100L30 0L60 50');
  assert.equal(areaOf(points), 'M0 100L30 0L60 50L60 100L0 100Z');
  assert.deepEqual([pointsOf([], () => 1, 1), lineOf([]), areaOf([])], [[], '', '']);
});

test('values are summed up for those who do not see the plot', () => {
  assert.deepEqual(summaryOf([3, 1, 2]), { least: 1, most: 3, last: 2 });
  assert.equal(summaryOf([]), null);
});

test('numbers, sizes and times are short', () => {
  assert.deepEqual([0, 5, 12345].map(count), ['0', '5', '12,345']);
  assert.deepEqual([0, 0.123, 7.26, 114.4].map(short), ['0', '0.12', '7.3', '114']);
  assert.deepEqual([0, 1023, 1024, 10240, 5 * 1024 ** 3].map(size), ['0 B', '1023 B', '1.0 KiB', '10 KiB', '5.0 GiB']);
  assert.deepEqual([0, 0.00063, 0.25, 1, 12].map(latency), ['0 ms', '0.63 ms', '250 ms', '1 s', '12 s']);
  assert.deepEqual([0, 59, 60, 3600, 3661, 90000, 86400].map(duration), ['0 s', '59 s', '1 min', '1 h', '1 h 1 min', '1 d 1 h', '1 d']);
  const noon = new Date(2026, 10, 30, 12, 5, 9).getTime();
  assert.deepEqual([clock(noon), moment(noon)], ['12:05', '2026-11-30 12:05:09']);
});

test('commands are sent one after the other, and again while another tab has one', async () => {
  const timers = new Timers();
  const sent = [];
  const answers = [answer({ code: 'TOO_FAST', error: 'Wait.' }, 429), answer({ first: 1 }), answer({ code: 'NO', error: 'No.' }, 409), answer({ third: 3 })];
  const server = new Server(async (path, { body }) => (sent.push([path, JSON.parse(body)]), answers.shift()), timers);
  const first = server.command('server', 'who', {}, { matching: 'x', skip: 2 });
  const second = server.command('account', 'show', { name: 'ann' });
  const third = server.command('server', 'bans');
  await settle();
  assert.equal(sent.length, 1);
  assert.deepEqual(sent[0], ['/admin/command', { command: 'server.who', arguments: {}, matching: 'x', skip: 2 }]);
  timers.run();
  assert.deepEqual(await first, { first: 1 });
  await assert.rejects(second, { code: 'NO', message: 'No.', status: 409 });
  assert.deepEqual([await third, sent.length], [{ third: 3 }, 4]);
});

test('the audit trail is asked for in parts', async () => {
  const paths = [];
  const server = new Server(async (path) => (paths.push(path), answer({ items: [], more: false })), new Timers());
  await server.acts('');
  await server.acts('a&b=ü', 7);
  assert.deepEqual(paths, ['/admin/acts?', '/admin/acts?matching=a%26b%3D%C3%BC&before=7']);
});

test('a server that does not answer, or answers something else, is an error', async () => {
  const down = new Server(async () => { throw new TypeError('Failed to fetch'); }, new Timers());
  await assert.rejects(down.status(), { code: 'UNREACHABLE' });
  const broken = new Server(async () => ({ ok: false, status: 502, statusText: 'Bad Gateway', json: async () => { throw new SyntaxError(); } }), new Timers());
  await assert.rejects(broken.status(), { code: 'HTTP_502', message: '502 Bad Gateway' });
});

test('the page looks every few seconds while it is seen, and stops when it may not look any more', async () => {
  const timers = new Timers();
  const document = new EventTarget();
  document.visibilityState = 'visible';
  let looks = 0;
  let error = null;
  const server = { status: async () => { looks += 1; if (error) throw error; return { looks }; } };
  const watching = new Watching(server, timers, document);
  const see = async (state) => {
    document.visibilityState = state;
    document.dispatchEvent(new Event('visibilitychange'));
    await settle();
  };
  await watching.look();
  assert.deepEqual([watching.status, timers.run()], [{ looks: 1 }, [INTERVAL]]);
  await settle();
  assert.equal(looks, 2);
  await see('hidden');
  assert.deepEqual([looks, timers.waiting], [2, []]);
  await see('visible');
  assert.equal(looks, 3);
  error = new Refusal('UNREACHABLE', 'Down', 0);
  timers.run();
  await settle();
  assert.deepEqual([watching.error.code, watching.refused, watching.status, timers.waiting.length], ['UNREACHABLE', false, { looks: 3 }, 1]);
  error = new Refusal('NO_ADMINISTRATOR', 'No', 403);
  timers.run();
  await settle();
  assert.deepEqual([watching.refused, timers.waiting], [true, []]);
  await see('visible');
  assert.equal(looks, 5);
});
