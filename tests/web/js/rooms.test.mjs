import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FakeTimers } from './fakes.mjs';
import { STATIC } from './paths.mjs';

const { Directory, checkName, select } = await import(`${STATIC}/js/rooms/directory.js`);
const { LISTS, MODES, change, masksOf, neighbours, offered, RARE, readMask, toEntries } = await import(`${STATIC}/js/rooms/modes.js`);
const { grantable, groupsOf, isWithinReach, GIVEN_BY, rankOf, reaches } = await import(`${STATIC}/js/rooms/ranks.js`);
const { Rooms } = await import(`${STATIC}/js/rooms/rooms.js`);
const { toProfile } = await import(`${STATIC}/js/rooms/whois.js`);
const { Chat } = await import(`${STATIC}/js/model/chat.js`);
const { apply } = await import(`${STATIC}/js/model/effects/index.js`);
const { Capabilities } = await import(`${STATIC}/js/irc/capabilities.js`);
const { Isupport } = await import(`${STATIC}/js/irc/isupport.js`);
const { parse } = await import(`${STATIC}/js/irc/message.js`);
const { errorOf } = await import(`${STATIC}/js/irc/requests.js`);
const { modeWords } = await import(`${STATIC}/js/log/modes.js`);
const { add: addStrings } = await import(`${STATIC}/js/strings/index.js`);
const { Settings } = await import(`${STATIC}/js/settings.js`);
const { ROOMS } = await import(`${STATIC}/js/strings/en/rooms.js`);

const MANUAL = readFileSync(new URL('../../../docs/irc.md', import.meta.url), 'utf8');

/** The rows of a table of docs/irc.md, by the backquoted word of their first cell. */
function table(title) {
  const section = MANUAL.split(`\n## ${title}\n`)[1].split('\n## ')[0];
  const rows = [...section.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)];
  return new Map(rows.map(([, first, rest]) => [first, rest.split(' | ')]));
}

function begin(answers = {}) {
  const isupport = new Isupport();
  isupport.apply(['me', 'CHANMODES=beI,k,fl,CMNOPRTcgimnstz', 'WHOX', 'x']);
  const timers = new FakeTimers();
  const chat = new Chat(() => isupport, timers.now);
  const take = (...lines) => lines.forEach((line) => apply(chat, parse(line)));
  chat.session.update({ nick: 'me' });
  const sent = [];
  const connection = {
    isupport, state: 'online', capabilities: new Capabilities(),
    send: (command, params = []) => sent.push([command, ...params].join(' ')),
    request: async (command, params) => {
      sent.push([command, ...params].join(' '));
      const items = (answers[command] ?? ['ACK']).map(parse);
      const error = items.map(errorOf).find(Boolean);
      if (error) throw error;
      return { kind: 'batch', items };
    },
  };
  const settings = new Settings({ getItem: () => null, setItem: () => {} });
  const client = { join: async (name) => { take(...(answers.join ?? [])); chat.conversations.show(chat.conversations.get(name)); } };
  const rooms = new Rooms({ chat, connection, client, settings, timers });
  take(':me!u@h JOIN #r', ':s 353 me = #r :~ann @me %hal +vic bob Bea', ':s 366 me #r :end');
  return { chat, room: chat.conversations.get('#r'), rooms, sent, settings, take, timers };
}

test('each mode says what it does in the words of the manual, and who may change it', () => {
  const manual = table('Channel modes');
  const ranks = { 'half-operators': 'h', operators: 'o', founders: 'q', 'operators of the server': '*' };
  assert.deepEqual([...MODES, ...LISTS].map(({ mode }) => mode).sort(), [...manual.keys()].sort());
  for (const { mode, by } of [...MODES, ...LISTS]) {
    const [meaning, changer] = manual.get(mode);
    assert.equal(ROOMS[`mode.${mode}`].toLowerCase(), `${meaning}.`.toLowerCase());
    assert.equal(by, ranks[changer], mode);
  }
  for (const { mode } of MODES) assert.ok(ROOMS[`modeName.${mode}`], mode);
  for (const mode of RARE) assert.ok(MODES.some((one) => one.mode === mode), mode);
  for (const [mode, [, , giver]] of table('Ranks')) assert.equal(GIVEN_BY[mode], ranks[giver], mode);
});

test('changes of modes are told in words, and unknown ones as they are', () => {
  addStrings(ROOMS);
  const { chat } = begin();
  const told = (text, byServer = false) =>
    modeWords({ byServer, changes: chat.isupport.changes(text.split(' ')) }).replace(/[\u2068\u2069]/g, '');
  assert.equal(told('+o-v bob vic'), 'made bob an operator, took the voice from vic');
  assert.equal(told('+bi-l max!*@*'), 'banned max!*@*, made the room invite-only, removed the limit of members');
  assert.equal(told('+b-b ~m:~a:max ~m:bob!*@*'), 'silenced ~a:max, lets bob!*@* speak again');
  assert.equal(told('-k+kt old new'), 'removed the key of the room, set the key of the room to new, switched on: Topic locked');
  assert.equal(told('+f #other'), 'switched on: Forward (#other)');
  assert.equal(told('+y'), 'changed the modes: +y');
  assert.equal(told('+qo lea lea', true), 'lea is a founder, lea is an operator');
  assert.equal(told('-o+i lea', true), 'took the rank of operator from lea, made the room invite-only');
  for (const { mode } of chat.isupport.ranks) {
    for (const sign of '+-') assert.ok(ROOMS[`log.mode.${sign}${mode}`] && ROOMS[`log.rank.${sign}${mode}`], mode);
  }
  const { room, take } = begin();
  take(':s.example MODE #r +o bob', ':ann!a@h MODE #r -o bob');
  assert.deepEqual(room.timeline.messages.slice(-2).map(({ byServer }) => byServer), [true, false]);
});

test('only the modes that the server has are offered', () => {
  const isupport = new Isupport();
  isupport.apply(['me', 'CHANMODES=b,k,l,imnst', 'x']);
  assert.equal(offered(MODES, isupport).map(({ mode }) => mode).join(''), 'iklmtsn');
  assert.deepEqual(offered(LISTS, isupport).map(({ mode }) => mode), ['b']);
});

test('a mode is set and lifted with the parameters that it needs', () => {
  const which = (letter) => MODES.find(({ mode }) => mode === letter);
  assert.deepEqual(change(which('i'), ''), ['+i']);
  assert.deepEqual(change(which('i'), null), ['-i']);
  assert.deepEqual(change(which('l'), '5'), ['+l', '5']);
  assert.deepEqual(change(which('l'), null, '5'), ['-l']);
  assert.deepEqual(change(which('k'), null, 'tea'), ['-k', 'tea']);
  assert.deepEqual(change(which('k'), null), ['-k', '*']);
});

test('a rank is for good in the list of a registered room, and for the visit elsewhere', async () => {
  const CS = (...texts) => texts.map((text) => `:ChanServ!C@s NOTICE me :${text}`);
  const list = CS('The access list of #r has 2 accounts:', 'Rob: operator, voice', 'vic: voice');
  const { chat, room, rooms, sent } = begin({ CS: list });
  assert.equal(await rooms.access.load(room), null);
  chat.session.update({ account: 'me' });
  assert.deepEqual([...await rooms.access.load(room)], [['rob', 'ov'], ['vic', 'v']]);
  await assert.rejects(rooms.setRank(room, 'bob', 'h', true, 'Rob'), { message: /The access list/ });
  assert.equal(sent.at(-1), 'CS ACCESS #r SET Rob ohv');
  await rooms.setRank(room, 'bob', 'h', true);
  assert.equal(sent.at(-1), 'MODE #r +h bob');
  chat.session.update({ account: 'vic' });
  assert.equal(await rooms.access.load(room), null);
  chat.session.update({ account: 'me' });
  list.push(...CS('Rob has this rank in #r now: operator'));
  await rooms.setRank(room, 'bob', 'h', true, 'Rob');
  assert.deepEqual(sent.slice(-2), ['CS ACCESS #r SET Rob ohv', 'MODE #r +h bob']);
  await rooms.setRank(room, 'vic', 'h', false, 'nobody');
  assert.equal(sent.at(-1), 'CS ACCESS #r LIST');
  list.push(...CS('vic is no longer in the access list of #r'));
  await rooms.setRank(room, 'vic', 'v', false, 'vic');
  assert.deepEqual(sent.slice(-2), ['CS ACCESS #r DEL vic', 'MODE #r -v vic']);
  const free = begin({ CS: CS('#r is not registered') });
  free.chat.session.update({ account: 'me' });
  assert.equal(await free.rooms.access.load(free.room), null);
});

test('members are grouped by rank, and sorted by name', () => {
  const { chat, room } = begin();
  const shown = (groups) => groups.map(({ mode, members }) => `${mode}:${members.map((member) => member.nick)}`);
  assert.deepEqual(shown(groupsOf(room.members, chat.isupport.ranks)), ['q:ann', 'o:me', 'h:hal', 'v:vic', ':Bea,bob']);
  assert.deepEqual(shown(groupsOf(room.members, chat.isupport.ranks, ({ nick }) => nick.includes('b'))), [':bob']);
});

test('what one may do follows from the ranks', () => {
  const { chat, room, take } = begin();
  assert.deepEqual(['q', 'o', 'h'].map((mode) => reaches(chat, room, mode)), [false, true, true]);
  assert.deepEqual(['ann', 'hal', 'bob', 'me'].map((nick) => isWithinReach(chat, room, nick)), [false, true, true, true]);
  assert.deepEqual(grantable(chat, room), ['o', 'h', 'v']);
  assert.equal(rankOf(chat, room, 'HAL'), 'h');
  take(':ann!a@h MODE #r -o+h me me');
  assert.deepEqual(grantable(chat, room), ['v']);
  assert.equal(isWithinReach(chat, room, 'hal'), true);
  take(':ann!a@h MODE #r -h me');
  assert.deepEqual([grantable(chat, room), isWithinReach(chat, room, 'bob')], [[], false]);
});

test('masks are offered by what is known, and are read in plain words', () => {
  assert.deepEqual(masksOf('bob', { account: 'rob', host: 'h' }).map(({ mask }) => mask), ['~a:rob', 'bob!*@*', '*!*@h']);
  assert.deepEqual(masksOf('bob', undefined), [{ kind: 'nick', mask: 'bob!*@*' }]);
  const { chat, room } = begin();
  for (const [nick, host] of [['bob', 'h'], ['vic', 'h'], ['hal', 'other'], ['far', 'h']]) chat.people.note(nick, { host });
  assert.deepEqual(neighbours(chat, room, 'Bob'), ['me', 'vic']);
  assert.deepEqual(neighbours(chat, room, 'ann'), []);
  assert.deepEqual(readMask('bob!*@*'), { kind: 'nick', who: 'bob', quiet: false });
  assert.deepEqual(readMask('~m:~a:rob'), { kind: 'account', who: 'rob', quiet: true });
  assert.deepEqual(readMask('*!*@1.2.*'), { kind: 'host', who: '1.2.*', quiet: false });
  for (const mask of ['*!*@*', '*!~u@h', 'x', '~z:y']) assert.deepEqual(readMask(mask), { kind: 'other', who: mask, quiet: false });
});

test('lists have their entries, with who added them and when', async () => {
  const { room, rooms, sent } = begin({ MODE: [':s 367 me #r bob!*@* ann!a@h 1700000000', ':s 367 me #r x!*@*', ':s 368 me #r :end'] });
  assert.deepEqual(await rooms.list(room, LISTS[0]), [
    { mask: 'bob!*@*', by: 'ann', time: 1700000000000 }, { mask: 'x!*@*', by: '', time: null }]);
  assert.deepEqual(sent, ['MODE #r b']);
  assert.deepEqual(toEntries([parse(':s 367 me #r b')], LISTS[1]), []);
});

test('a wrong value of a mode is refused in the words of the server', async () => {
  const { room, rooms } = begin({ MODE: [':s 696 me #r l abc :Invalid parameter'] });
  await assert.rejects(rooms.setModes(room, '+l', 'abc'), { code: '696', message: 'Invalid parameter' });
});

test('the list of rooms comes line by line, and is filtered and sorted', () => {
  const { rooms, sent, take, timers } = begin();
  const { directory } = rooms;
  take(':s 322 me #early 9 :not asked for');
  assert.equal(directory.rooms.size, 0);
  directory.load();
  let changes = 0;
  directory.watch(() => changes++);
  take(':s 322 me #tea 2 :Green and black', ':s 322 me #a10 5 :', ':s 322 me #a9 5 :');
  assert.deepEqual([sent.at(-1), directory.loading, changes], ['LIST', true, 0]);
  timers.advance(250);
  assert.equal(changes, 1);
  const names = (text, order) => directory.select(text, order).map((room) => room.name);
  assert.deepEqual([names('', 'members'), names('', 'name')], [['#a9', '#a10', '#tea'], ['#a9', '#a10', '#tea']]);
  assert.deepEqual([names('BLACK', 'members'), names('a1', 'name')], [['#tea'], ['#a10']]);
  take(':s 323 me :end');
  assert.deepEqual([directory.loading, directory.error], [false, null]);
  assert.equal(select([{ name: '#x', count: 1, topic: '' }, { name: '#a', count: 0, topic: '' }], '', 'members')[0].name, '#x');
});

test('a long list is cut, and the filter asks the server then; one without an end is an error', () => {
  const { rooms, sent, take, timers } = begin();
  const { directory } = rooms;
  directory.load();
  for (let number = 0; number < 5001; number++) take(`:s 322 me #${number} 1 :`);
  assert.deepEqual([directory.rooms.size, directory.cut], [5000, true]);
  directory.load('a, *b');
  assert.deepEqual([sent.at(-1), directory.rooms.size, directory.cut], ['LIST *a?b*', 0, false]);
  timers.advance(20000);
  assert.deepEqual([directory.loading, directory.error.code], [false, 'TIMEOUT']);
});

test('names of new rooms are checked', () => {
  assert.deepEqual(['#', '#a b', '#a,b', '#ok', '#éé', '#ééé'].map((name) => checkName(name, 3)),
    ['create.noName', 'create.badName', 'create.badName', '', '', 'create.longName']);
});

test('a new room gets its modes, its topic and its registration; one that was there is left as it is', async () => {
  const fresh = [':me!u@h JOIN #new', ':s 353 me = #new :@me', ':s 366 me #new :end'];
  const { rooms, sent } = begin({ join: fresh, CS: [':ChanServ!C@s NOTICE me :#new is registered'] });
  const outcome = await rooms.create('#new', { topic: 'All new', modes: 'is', register: true });
  assert.deepEqual(outcome, { created: true, said: ['#new is registered'], registered: true });
  assert.deepEqual(sent, ['MODE #new +is', 'TOPIC #new All new', 'CS REGISTER #new']);
  for (const names of ['@ann me', '@ann @me', 'me']) {
    const other = begin({ join: [':me!u@h JOIN #new', `:s 353 me = #new :${names}`, ':s 366 me #new :end'] });
    assert.deepEqual(await other.rooms.create('#new', { topic: 'x' }), { created: false, said: [] });
    assert.deepEqual(other.sent, []);
  }
});

test('the founder of a registered room is known, and that a room is not registered', async () => {
  const registered = begin({ CS: [':C!C@s NOTICE me :#r: founder ann, created Mon', ':C!C@s NOTICE me :History: joined'] });
  assert.deepEqual(await registered.rooms.registration(registered.room), { founder: 'ann', settings: ['History: joined'] });
  const free = begin({ CS: [':C!C@s NOTICE me :#r is not registered'] });
  assert.equal(await free.rooms.registration(free.room), null);
});

test('a profile is what WHOIS says', async () => {
  const { rooms } = begin({ WHOIS: [
    ':s 311 me bob ~b host * :Bob B', ':s 319 me bob :@#r #tea', ':s 330 me bob rob :is logged in as', ':s 301 me bob :lunch',
    ':s 671 me bob :is using a secure connection', ':s 317 me bob 90 1700000000 :seconds idle', ':s 318 me bob :end'] });
  assert.deepEqual(await rooms.profile('bob'), {
    nick: 'bob', mask: '~b@host', realname: 'Bob B', account: 'rob', away: 'lunch', idle: 90, since: 1700000000000,
    rooms: ['@#r', '#tea'], remarks: ['is using a secure connection'] });
  const nobody = begin({ WHOIS: [':s 401 me bob :No such nick'] });
  assert.equal(await nobody.rooms.profile('bob'), null);
  assert.equal(toProfile([]), null);
});

test('who is away is asked once for a room, and understood', () => {
  const { chat, room, rooms, sent, take } = begin();
  rooms.look(room);
  rooms.look(room);
  assert.deepEqual(sent, ['WHO #r %tnfar,7']);
  take(':s 354 me 7 bob G 0 :Bob', ':s 354 me 7 ann H@ ann :Ann', ':s 354 me 9 vic G 0 :x');
  assert.deepEqual(['bob', 'ann', 'vic'].map((nick) => chat.people.get(nick).away), ['', null, null]);
  assert.equal(chat.people.get('ann').account, 'ann');
  take(':me!u@h JOIN #r');
  rooms.look(room);
  assert.equal(sent.length, 2);
});

test('invitations are kept until they are accepted, each once', () => {
  const { rooms, take } = begin();
  take(':bob!b@h INVITE me #a', ':ann!a@h INVITE me #A', ':bob!b@h INVITE me #r', ':bob!b@h INVITE ann #c');
  assert.deepEqual(rooms.invitations, [{ by: 'ann', room: '#A' }]);
  take(':me!u@h JOIN #a');
  assert.deepEqual(rooms.invitations, []);
  for (let number = 0; number < 9; number++) take(`:bob!b@h INVITE me #x${number}`);
  assert.deepEqual([rooms.invitations.length, rooms.invitations[0].room], [5, '#x8']);
});

test('favourites and muted rooms follow a rename', () => {
  const { room, rooms, settings, take } = begin();
  rooms.put('muted', room, true);
  rooms.put('muted', room, true);
  rooms.put('favourites', room, true);
  take(':ann!a@h RENAME #r #Tea :better');
  assert.deepEqual([settings.get('muted'), settings.get('favourites'), room.name], [['#tea'], ['#tea'], '#Tea']);
  assert.equal(rooms.isIn('muted', room), true);
  rooms.put('muted', room, false);
  assert.equal(rooms.isIn('muted', room), false);
});

test('why one is not in a room is known, and ends with the next visit', () => {
  const { room, take } = begin();
  take(':ann!a@h KICK #r me :enough');
  assert.deepEqual([room.joined, room.outside], [false, { how: 'kicked', by: 'ann', reason: 'enough' }]);
  assert.equal(room.timeline.messages.at(-1).text, 'enough');
  take(':me!u@h JOIN #r', ':ann!a@h KICK #r me :ann');
  assert.deepEqual([room.outside.reason, room.timeline.messages.at(-1).text, room.timeline.messages.at(-1).target], ['', '', 'me']);
  take(':s 474 me #r :Cannot join channel (+b)');
  assert.deepEqual(room.outside, { how: 'refused', code: '474', reason: 'Cannot join channel (+b)' });
  take(':me!u@h JOIN #r');
  assert.deepEqual([room.joined, room.outside], [true, null]);
  take(':s 474 me #r :Cannot change nick');
  assert.equal(room.joined, true);
  room.rejoining = true;
  take(':s 474 me #r :Cannot join channel (+b)');
  assert.deepEqual([room.joined, room.outside.code], [false, '474']);
  take(':me!u@h PART #r');
  assert.deepEqual(room.outside, { how: 'left' });
});

test('a room says when it was created', () => {
  const { room, take } = begin();
  take(':s 329 me #r 1700000000');
  assert.equal(room.created, 1700000000000);
});
