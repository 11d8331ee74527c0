import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeTimers } from './fakes.mjs';
import { STATIC } from './paths.mjs';

const { parse, serialize } = await import(`${STATIC}/js/irc/message.js`);
const { Isupport } = await import(`${STATIC}/js/irc/isupport.js`);
const { Capabilities } = await import(`${STATIC}/js/irc/capabilities.js`);
const { Batches } = await import(`${STATIC}/js/irc/batches.js`);
const { Outgoing } = await import(`${STATIC}/js/irc/outgoing.js`);
const { roomFor, split } = await import(`${STATIC}/js/irc/split.js`);

test('a line with everything is parsed', () => {
  const message = parse('@time=now;+draft/reply=a\\:b\\s\\\\c;flag;odd=x\\ :n!u@h.example privmsg #r  :two  words :)');
  assert.deepEqual({ ...message.tags }, { time: 'now', '+draft/reply': 'a;b \\c', flag: '', odd: 'x' });
  assert.deepEqual(message.source, { nick: 'n', user: 'u', host: 'h.example' });
  assert.equal(message.command, 'PRIVMSG');
  assert.deepEqual(message.params, ['#r', 'two  words :)']);
});

test('tags named like members of objects are only tags', () => {
  const { tags } = parse('@__proto__=x;constructor=y PING');
  assert.equal(tags.__proto__, 'x');
  assert.equal(tags.constructor, 'y');
  assert.equal(parse('PING').tags.toString, undefined);
});

test('lines without a command are none', () => {
  for (const line of ['', ':source', '@a=b', '   ']) assert.equal(parse(line), null);
});

test('what is serialized parses to the same', () => {
  for (const params of [['#r', 'a b'], ['#r', ''], ['#r', ':)'], ['x'], []]) {
    const line = serialize('PRIVMSG', params, { label: '1', '+x': 'a; b\\' });
    const message = parse(line);
    assert.deepEqual(message.params, params);
    assert.equal(message.tags['+x'], 'a; b\\');
  }
});

test('a parameter cannot change the structure of a line', () => {
  assert.throws(() => serialize('PRIVMSG', ['#r', 'a\r\nQUIT']));
  assert.throws(() => serialize('PRIVMSG', ['#r x', 'a']));
  assert.throws(() => serialize('PRIVMSG', ['', 'a']));
});

test('ISUPPORT gives ranks, kinds of modes and names that are the same', () => {
  const isupport = new Isupport();
  isupport.apply(['me', 'PREFIX=(ov)@+', 'CHANMODES=b,k,l,nt', 'STATUSMSG=@+', 'CASEMAPPING=rfc1459', 'CHATHISTORY=500', 'text']);
  assert.deepEqual(isupport.ranks, [{ mode: 'o', prefix: '@' }, { mode: 'v', prefix: '+' }]);
  assert.equal(isupport.withoutStatus('@#room'), '#room');
  assert.equal(isupport.withoutStatus('@nick'), '@nick');
  assert.equal(isupport.fold('A[b]'), 'a{b}');
  assert.equal(isupport.number('CHATHISTORY', 1), 500);
  isupport.apply(['me', '-CHATHISTORY', 'CASEMAPPING=ascii', 'text']);
  assert.equal(isupport.number('CHATHISTORY', 1), 1);
  assert.equal(isupport.fold('A[É'), 'a[É');
});

test('of alternatives, the first that is offered is requested', () => {
  const capabilities = new Capabilities();
  capabilities.offer('batch draft/metadata-2 draft/metadata-3 soju.im/search draft/multiline=max-bytes=4096,max-lines=100 unknown');
  assert.deepEqual(capabilities.missing(), ['batch', 'draft/multiline', 'draft/metadata-3', 'soju.im/search']);
  capabilities.acknowledge('batch draft/multiline');
  assert.ok(capabilities.has('multiline'));
  assert.deepEqual(capabilities.values('multiline'), { 'max-bytes': '4096', 'max-lines': '100' });
  assert.deepEqual(capabilities.missing(), ['draft/metadata-3', 'soju.im/search']);
});

test('a batch comes as one, with the batches in it; a multiline message is one line', () => {
  const batches = new Batches();
  const take = (line) => batches.take(parse(line));
  assert.equal(take('PING 1').command, 'PING');
  for (const line of [
    '@label=7 BATCH +a chathistory #r',
    '@batch=a;msgid=1 :n!u@h PRIVMSG #r :one',
    '@batch=a;msgid=2;time=t :n!u@h BATCH +b draft/multiline #r',
    '@batch=b :n!u@h PRIVMSG #r :two',
    '@batch=b :n!u@h PRIVMSG #r :three',
    '@batch=b;draft/multiline-concat :n!u@h PRIVMSG #r : and more',
    'BATCH -b',
  ]) assert.equal(take(line), null);
  const live = take(':n!u@h PRIVMSG #r :live');
  assert.equal(live.params[1], 'live');
  const batch = take('BATCH -a');
  assert.deepEqual([batch.type, batch.params, batch.tags.label], ['chathistory', ['#r'], '7']);
  assert.deepEqual(batch.items.map((item) => [item.tags.msgid, item.params[1]]), [['1', 'one'], ['2', 'two\nthree and more']]);
  assert.equal(take('BATCH -unknown'), null);
});

test('batches are bounded', () => {
  const batches = new Batches();
  assert.throws(() => { for (let n = 0; n < 100; n++) batches.take(parse(`BATCH +${n} x`)); });
});

test('lines wait for the rate, and what a person does goes first', () => {
  const timers = new FakeTimers();
  const sent = [];
  const outgoing = new Outgoing((line) => sent.push(line), timers);
  for (const line of ['b1', 'b2', 'b3', 'b4', 'b5']) outgoing.push([line], true);
  assert.deepEqual(sent, ['b1', 'b2', 'b3']);
  outgoing.push(['u1', 'a line of the same batch']);
  for (const line of ['u2', 'u3']) outgoing.push([line]);
  assert.deepEqual(sent.slice(3), ['u1', 'a line of the same batch', 'u2']);
  timers.advance(500);
  assert.deepEqual(sent.slice(6), ['u3']);
  timers.advance(10000);
  assert.deepEqual(sent.slice(7), ['b4', 'b5']);
});

test('in any ten seconds, no more is sent than the server takes', () => {
  const timers = new FakeTimers();
  const times = [];
  const outgoing = new Outgoing(() => times.push(timers.now()), timers);
  for (let n = 0; n < 60; n++) outgoing.push([String(n)], n % 3 === 0);
  timers.advance(60000);
  assert.equal(times.length, 60);
  times.forEach((time, index) => assert.ok(times.filter((t) => t >= time && t < time + 10000).length <= 25, String(index)));
});

test('a text is cut between words and never within a character', () => {
  const most = roomFor('#room', 512);
  const text = `${'word '.repeat(200)}\n${'🙂é'.repeat(300)}`;
  const lines = split(text, most);
  const bytes = (one) => new TextEncoder().encode(one.text).length;
  assert.ok(lines.every((one) => bytes(one) <= most));
  const joined = lines.map((one, index) => (index && !one.concat ? '\n' : '') + one.text).join('');
  assert.equal(joined, text);
  assert.ok(lines[0].text.endsWith(' '));
  assert.ok(lines.every((one) => !/^[\udc00-\udfff]|[\ud800-\udbff]$/.test(one.text)));
});
