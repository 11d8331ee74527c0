import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeTimers, settle } from './fakes.mjs';
import { STATIC } from './paths.mjs';

const { Client } = await import(`${STATIC}/js/client.js`);
const { Sending } = await import(`${STATIC}/js/compose/sending.js`);
const { Commands } = await import(`${STATIC}/js/compose/commands/index.js`);
const { Actions } = await import(`${STATIC}/js/actions.js`);
const { installActions } = await import(`${STATIC}/js/compose/actions.js`);
const { add } = await import(`${STATIC}/js/strings/index.js`);
const { COMPOSE } = await import(`${STATIC}/js/strings/en/compose.js`);
const { Chat } = await import(`${STATIC}/js/model/chat.js`);
const { Capabilities } = await import(`${STATIC}/js/irc/capabilities.js`);
const { Isupport } = await import(`${STATIC}/js/irc/isupport.js`);
const { parse } = await import(`${STATIC}/js/irc/message.js`);
const { RequestError } = await import(`${STATIC}/js/irc/requests.js`);
const { apply } = await import(`${STATIC}/js/model/effects/index.js`);
const { Settings } = await import(`${STATIC}/js/settings.js`);

add(COMPOSE);

/** A client whose server answers each request when `answer` or `refuse` is called, in order. */
function begin({ account = false } = {}) {
  const timers = new FakeTimers();
  const isupport = new Isupport();
  const waiting = [];
  const asked = [];
  const connection = {
    isupport, state: 'online', identity: {}, capabilities: new Capabilities(),
    send: (command, params = []) => asked.push([command, ...params].join(' ')),
    request(command, params, { tags = {} } = {}) {
      asked.push([...Object.entries(tags).map(([name, value]) => `${name}=${value}`), command, ...params].join(' '));
      return new Promise((resolve, reject) => waiting.push({ resolve, reject, text: params.at(-1) }));
    },
    requestLines(command, target, parts) { return this.request(command, [target, parts.map((part) => part.text).join('\n')]); },
    open: () => {}, close: () => {},
  };
  connection.capabilities.offer('draft/multiline=max-bytes=4096,max-lines=100 message-tags draft/message-redaction');
  connection.capabilities.acknowledge('draft/multiline message-tags draft/message-redaction');
  const settings = new Settings({ getItem: () => null, setItem: () => {} });
  const synced = [];
  const history = { sync: (conversation) => new Promise((resolve) => synced.push({ conversation, resolve })), count: () => {} };
  const chat = new Chat(() => isupport, timers.now);
  const client = new Client({ chat, connection, history, settings, timers });
  const sending = new Sending({ chat, client, connection, timers });
  const changes = [];
  sending.watch(({ type, message, by }) => changes.push([type, message?.text ?? by, message?.waiting, message?.failed].filter(Boolean).join(' ')));
  const take = (...lines) => lines.forEach((line) => apply(chat, parse(line)));
  client.enter({ nick: 'me', account });
  chat.session.update({ state: 'online' });
  take(':me!u@h JOIN #r');
  const room = chat.conversations.get('#r');
  const answer = async (id, text) => {
    const { resolve, text: asked } = waiting.shift();
    const echo = parse(`@msgid=${id} :me!u@h PRIVMSG ${'#r'} :${(text ?? asked).replaceAll('\n', ' ')}`);
    apply(chat, echo);
    resolve(echo);
    await settle();
  };
  const refuse = async (code, text = '') => {
    waiting.shift().reject(new RequestError(code, text));
    await settle();
  };
  const lose = async () => {
    connection.state = 'waiting';
    chat.session.update({ state: 'waiting' });
    while (waiting.length) await refuse('DISCONNECTED');
  };
  const restore = () => {
    connection.state = 'online';
    chat.session.update({ state: 'online' });
  };
  const shown = (conversation = room) => sending.of(conversation).map((message) =>
    `${message.text}${message.waiting ? ' waits' : message.failed ? ` failed: ${message.failed}` : ' pending'}`);
  return { account, answer, asked, changes, chat, client, connection, lose, refuse, restore, room, sending, shown, synced, take, timers, waiting };
}

test('a message is pending until its echo comes', async () => {
  const { answer, asked, changes, room, sending, shown } = begin();
  sending.send(room, 'hello', { replyTo: 'x1' });
  sending.send(room, 'waves', { action: true });
  assert.deepEqual(shown(), ['hello pending', 'waves pending']);
  assert.deepEqual(asked, ['+draft/reply=x1 PRIVMSG #r hello', 'PRIVMSG #r \x01ACTION waves\x01']);
  await answer('m1');
  assert.deepEqual(shown(), ['waves pending']);
  assert.equal(changes.at(-1), 'remove m1');
  await answer('m2');
  assert.deepEqual([shown(), room.timeline.messages.map((message) => message.text).slice(1)], [[], ['hello', 'waves']]);
});

test('what the server refuses stays with the reason, until it is sent again or deleted', async () => {
  const { answer, asked, refuse, room, sending, shown } = begin();
  sending.send(room, 'one');
  sending.send(room, 'two');
  await refuse('404', 'You may not speak here');
  await answer('m2');
  assert.deepEqual(shown(), ['one failed: You may not speak here.']);
  const [{ id }] = sending.of(room);
  assert.equal(sending.find(id).text, 'one');
  sending.retry(id);
  sending.discard(id);
  assert.deepEqual([shown(), asked.length], [['one pending'], 3]);
  await refuse('404', 'No');
  sending.discard(id);
  sending.retry(id);
  assert.deepEqual([shown(), asked.length], [[], 3]);
});

test('a text that is too long is not taken', () => {
  const { room, sending, shown } = begin();
  assert.throws(() => sending.send(room, 'x'.repeat(5000)), { code: 'TOO_LONG' });
  assert.deepEqual(shown(), []);
});

test('without a connection messages wait, and go out in order when the history is complete', async () => {
  const { answer, asked, connection, lose, restore, room, sending, shown, synced, take } = begin();
  await lose();
  const { capabilities } = connection;
  connection.capabilities = new Capabilities();
  sending.send(room, 'one\nmore');
  sending.send(room, 'two');
  assert.deepEqual([shown(), asked], [['one\nmore waits', 'two waits'], []]);
  connection.capabilities = capabilities;
  restore();
  sending.send(room, 'three');
  assert.deepEqual(asked, []);
  take(':me!u@h JOIN #r');
  synced.at(-1).resolve(true);
  await settle();
  assert.deepEqual(asked, ['one\nmore', 'two', 'three'].map((text) => `PRIVMSG #r ${text}`));
  for (const id of ['m1', 'm2', 'm3']) await answer(id);
  assert.deepEqual(shown(), []);
});

test('what was sent when the connection was lost is looked for in the history, and sent again only if it is not there', async () => {
  const { asked, lose, restore, room, sending, shown, synced, take } = begin();
  take('@msgid=m0 :bob!b@h PRIVMSG #r :hi', '@msgid=m00 :me!u@h PRIVMSG #r :yes');
  for (const text of ['yes', 'yes', 'no']) sending.send(room, text);
  await lose();
  assert.deepEqual(shown(), ['yes waits', 'yes waits', 'no waits']);
  restore();
  // The server had the first of them, in the history that is loaded after the return.
  take('@msgid=m1 :me!u@h PRIVMSG #r :yes', ':me!u@h JOIN #r');
  synced.at(-1).resolve(true);
  await settle();
  assert.deepEqual(asked.slice(3), ['PRIVMSG #r yes', 'PRIVMSG #r no']);
  assert.deepEqual(shown(), ['yes pending', 'no pending']);
});

test('an older message with the same text is not taken for the one that was sent', async () => {
  const { asked, lose, restore, room, sending, shown, synced, take, timers } = begin();
  const at = (ms) => `time=${new Date(timers.now() + ms).toISOString()}`;
  for (const text of ['old', 'new', 'none']) sending.send(room, text);
  await lose();
  restore();
  take(`@msgid=m1;${at(-3600000)} :me!u@h PRIVMSG #r :old`, `@msgid=m2;${at(1000)} :me!u@h PRIVMSG #r :new`, ':me!u@h JOIN #r');
  synced.at(-1).resolve(true);
  await settle();
  assert.match(shown()[0], /^old failed: .*may have arrived/);
  assert.deepEqual([shown().slice(1), asked.at(-1)], [['none pending'], 'PRIVMSG #r none']);
});

test('where nothing tells whether a message has arrived, this user decides; its late arrival removes it', async () => {
  const { asked, chat, lose, restore, room, sending, shown, synced, take } = begin();
  const bob = chat.conversation('bob');
  sending.send(bob, 'psst');
  sending.send(room, 'hello');
  await lose();
  sending.send(bob, 'more');
  restore();
  take(':me!u@h JOIN #r');
  synced.at(-1).resolve(false);
  await settle();
  assert.match(shown(bob)[0], /^psst failed: .*may have arrived/);
  assert.equal(shown(bob)[1], 'more pending');
  assert.match(shown()[0], /^hello failed/);
  assert.equal(asked.filter((line) => line.endsWith('psst')).length, 1);
  take('@msgid=m1 :me!u@h PRIVMSG #r :hello', '@msgid=m2 :me!u@h PRIVMSG #r :hello');
  assert.deepEqual(shown(), []);
});

test('a message that the server does not know the fate of is removed when it arrives late', async () => {
  const { asked, refuse, room, sending, shown, take } = begin();
  sending.send(room, 'hello');
  await refuse('OUTCOME_UNKNOWN', 'It is not known whether this was accepted');
  assert.deepEqual([shown(), asked.length], [['hello failed: It is not known whether this was accepted.'], 1]);
  take('@msgid=m1 :me!u@h PRIVMSG #r :hello');
  assert.deepEqual(shown(), []);
});

test('what was for a service is not sent again by itself, since no history has it', async () => {
  const { asked, chat, lose, restore, sending, shown, synced } = begin({ account: true });
  const service = chat.conversation('NickServ');
  sending.send(service, 'REGISTER pass');
  await lose();
  restore();
  chat.tell('synced', { conversation: service, complete: true });
  assert.match(shown(service)[0], /failed: .*may have arrived/);
  assert.deepEqual([asked.length, synced.length], [1, 1]);
});

test('messages of a conversation that is closed are forgotten', async () => {
  const { chat, client, lose, room, sending } = begin();
  await lose();
  sending.send(room, 'one');
  assert.deepEqual(sending.unsent().map((entry) => entry.text), ['one']);
  client.leave();
  assert.deepEqual([sending.unsent(), [...chat.conversations]], [[], []]);
});

test('commands send what they say, with the open room where none is named', async () => {
  const { asked, chat, client, connection, room, sending, take, waiting } = begin();
  const told = [];
  const app = { chat, client, connection, open: (name) => client.open(name) };
  const commands = new Commands();
  take(':s 353 me = #r :@me bob!b@cloak', ':s 366 me #r :');
  const run = (text, conversation = room) => {
    const [, name, rest] = /^\/(\w+) ?(.*)$/.exec(text);
    return commands.run({ name, rest }, { app, conversation, sending, tell: (said) => told.push(said) });
  };
  const lines = {
    '/j tea secret': 'JOIN #tea secret', '/part bye all': 'PART #r bye all', '/leave #x': 'PART #x', '/nick you': 'NICK you',
    '/topic #x new topic': 'TOPIC #x new topic', '/topic -': 'TOPIC #r ', '/away': 'AWAY Away', '/away lunch now': 'AWAY lunch now',
    '/back': 'AWAY', '/invite ann': 'INVITE ann #r', '/kick bob be nice': 'KICK #r bob be nice', '/ban bob': 'MODE #r +b bob!*@*',
    '/ban #x eve': 'MODE #x +b eve!*@*', '/unban *!*@bad': 'MODE #r -b *!*@bad', '/op bob': 'MODE #r +o bob',
    '/devoice #x bob eve': 'MODE #x -vv bob eve', '/mode +mk key': 'MODE #r +mk key', '/mode #x': 'MODE #x', '/whois bob': 'WHOIS bob',
    '/list *tea*': 'LIST *tea*', '/names #x': 'NAMES #x',
    '/raw PRIVMSG #x :a b': 'PRIVMSG #x a b', '/quote ping :x': 'PING x', '/me waves': 'PRIVMSG #r \x01ACTION waves\x01',
  };
  for (const [typed, sent] of Object.entries(lines)) {
    run(typed).catch(() => {});
    assert.equal(asked.at(-1), sent, typed);
    waiting.pop()?.reject(new RequestError('STOP', ''));
  }
  for (const [typed, code] of [['/nosuch', 'NO_COMMAND'], ['/kick', 'USAGE'], ['/help nosuch', 'NO_COMMAND'], ['/raw', 'USAGE'], ['/me', 'USAGE'],
    ['/kick :bob why', 'USAGE']]) {
    await assert.rejects(run(typed), { code }, typed);
  }
  await assert.rejects(run('/kick ann', chat.conversation('bob')), { code: 'ROOM_NEEDED', context: [COMPOSE['command.kick.usage']] });
  await run('/ignore bob');
  assert.ok(chat.reader.ignores('BOB'));
  await run('/unignore bob');
  assert.ok(!chat.reader.ignores('bob'));
  told.length = 0;
  await run('/help');
  for (const { name } of commands.list()) assert.ok(told[0].includes(`\n/${name}`), name);
  await run('/unread');
  assert.equal(told.pop(), 'You have read everything.');
  chat.conversation('ann', 1).note([{ id: 'u1', kind: 'text', time: 2 }]);
  await run('/unread');
  assert.equal(told.pop(), 'ann: 1 unread, 1 for you');
  chat.session.update({ account: null });
  app.offer = { logins: true };
  app.goToLogin = () => told.push('login view');
  await run('/login me password');
  assert.equal(told.pop(), 'login view');
  await assert.rejects(run('/room #nowhere'), { code: 'NO_NAME' });
  await run('/help leave');
  assert.match(told[1], /^\/part .*\nAlso: \/leave/);
});

test('every command has its words and its usage', () => {
  for (const { name, hint } of new Commands().list()) {
    assert.notEqual(hint, `command.${name}`);
    assert.ok(COMPOSE[`command.${name}.usage`].startsWith(`/${name}`), name);
  }
});

test('answers are shown in words', async () => {
  const { chat, client, connection, room, sending, waiting } = begin();
  const told = [];
  const commands = new Commands();
  const run = async (name, rest, ...lines) => {
    const done = commands.run({ name, rest }, { app: { chat, client, connection }, conversation: room, sending, tell: (said) => told.push(said) });
    waiting.pop().resolve({ kind: 'batch', tags: {}, items: lines.map(parse) });
    await done;
    return told.pop();
  };
  assert.equal(await run('whois', 'bob', ':s 311 me bob b host * :Bob B.', ':s 317 me bob 120 0 :seconds', ':s 671 me bob :is secure', ':s 318 me bob :'),
    'bob is Bob B. (b@host)\nbob said nothing for 2 minutes\nbob is secure');
  assert.equal(await run('list', '*', ':s 321 me', ':s 322 me #a 1 :', ':s 322 me #b 7 :tea', ':s 323 me :'), '#b (7) tea\n#a (1)');
  assert.equal(await run('names', '', ':s 353 me = #r :@me!u@h bob!b@h', ':s 366 me #r :'), '#r has 2 people: @me, bob');
  assert.equal(await run('raw', 'ADMIN', ':s 256 me :about', ':s NOTICE me :x'), 'about\nNOTICE me x');
});

test('reactions are toggled, and operators remove what others said after a question', async () => {
  const { asked, chat, connection, room, take, waiting } = begin();
  const app = { chat, connection, actions: new Actions(), dialogs: { ask: async (words) => (questions.push(words), reason), show: async () => '🎉' } };
  const questions = [];
  let reason;
  const errors = [];
  installActions(app, { report: (_, error) => errors.push(error.code) }, { document: {}, navigator: {} });
  connection.isupport.apply(['me', 'STATUSMSG=@+', 'x']);
  take('@msgid=m1 :bob!b@h PRIVMSG #r :hi', '@msgid=m2 :bob!b@h PRIVMSG @#r :secret', '@msgid=m3 :me!u@h PRIVMSG #r :mine');
  const act = async (name, id, more) => {
    app.actions.run(name, room, room.timeline.find(id), more);
    await settle();
    waiting.pop()?.resolve(parse('ACK'));
    await settle();
    return asked.splice(0);
  };
  assert.deepEqual(await act('react', 'm1'), ['+draft/reply=m1 +draft/react=🎉 TAGMSG #r']);
  take('@+draft/reply=m1;+draft/react=🎉 :me!u@h TAGMSG #r');
  assert.deepEqual(await act('react', 'm1', { reaction: '🎉' }), ['+draft/reply=m1 +draft/unreact=🎉 TAGMSG #r']);
  assert.deepEqual(await act('redact', 'm1'), []);
  take(':s 353 me = #r :@me bob', ':s 366 me #r :');
  assert.deepEqual(await act('redact', 'm1'), []);
  reason = 'off topic';
  assert.deepEqual(await act('redact', 'm2'), ['REDACT @#r m2 off topic']);
  reason = '';
  assert.deepEqual(await act('redact', 'm3'), ['REDACT #r m3']);
  assert.deepEqual(questions.map((words) => Boolean(words.field)), [true, true, false]);
  app.actions.run('react', room, room.timeline.find('m1'), { reaction: 'x' });
  await settle();
  waiting.pop().reject(new RequestError('404', 'No'));
  await settle();
  assert.deepEqual(errors, ['404']);
  const permits = (name, message) => app.actions.permits(name, room, message);
  assert.ok(!permits('reply', { id: 'here-1' }) && !permits('redact', { ...room.timeline.find('m3'), kind: 'redacted' }));
  assert.ok(permits('retry', { failed: 'x' }) && !permits('retry', { pending: true, waiting: true }) && permits('discard', { waiting: true }));
});

test('/search opens the search in this conversation, and /list the rooms', async () => {
  const { chat, room, sending } = begin();
  const shown = [];
  const app = { chat, dialogs: { show: (load, props) => (shown.push(props), Promise.resolve()) } };
  for (const [name, rest] of [['search', 'green tea'], ['search', ''], ['list', '']]) {
    await new Commands().run({ name, rest }, { app, conversation: room, sending });
  }
  assert.deepEqual(shown.map((props) => props?.query ?? null), [{ text: 'green tea', from: '', room: '#r', after: '', before: '' }, null, null]);
});

test('/register opens the form where the server has one, and otherwise says what to type', async () => {
  const { chat, room, sending } = begin();
  const told = [];
  const app = { chat, offer: { register: true }, dialogs: { show: () => { told.push('form'); return new Promise(() => {}); } } };
  const register = () => new Commands().run({ name: 'register', rest: '' }, { app, conversation: room, sending, tell: (said) => told.push(said) });
  await register();
  app.offer = {};
  await register();
  chat.session.update({ account: 'ann' });
  await register();
  assert.deepEqual(told, ['form', COMPOSE['command.register.how'], 'You are logged in as ann.']);
});
