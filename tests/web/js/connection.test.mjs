import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeSockets, FakeTimers, settle } from './fakes.mjs';
import { STATIC } from './paths.mjs';

const { Connection } = await import(`${STATIC}/js/irc/connection.js`);

function connect(identity = { nick: 'me', account: false }) {
  const timers = new FakeTimers();
  const { FakeSocket, made } = fakeSockets();
  const heard = { states: [], items: [], welcomes: [], refused: [], early: 0 };
  const connection = new Connection('ws://x/socket', {
    onState: (state) => heard.states.push(state),
    onItem: (item) => heard.items.push(item),
    onEarly: () => heard.early++,
    onWelcome: (nick) => heard.welcomes.push(nick),
    onRefused: (error) => heard.refused.push(error),
  }, timers, FakeSocket);
  connection.open(identity);
  const socket = () => made.at(-1);
  socket().onopen();
  return { connection, timers, made, socket, heard };
}

function welcome({ socket }, capabilities = 'batch labeled-response') {
  socket().receive(`:s CAP * LS :${capabilities}`, `:s CAP * ACK :${capabilities}`, ':s 001 me :hi');
}

test('a guest registers, and speaks when the server says so', () => {
  const setting = connect();
  const { socket, connection, heard } = setting;
  assert.equal(socket().protocol, 'text.ircv3.net');
  assert.deepEqual(socket().sent, ['CAP LS :302', 'NICK me', 'USER me 0 * :me']);
  socket().receive(':s CAP * LS * :batch', ':s CAP * LS :labeled-response other');
  assert.deepEqual(socket().sent.slice(3), ['CAP REQ :batch labeled-response']);
  connection.send('JOIN', ['#early']);
  socket().receive(':s CAP * ACK :batch labeled-response', ':s 001 me :hi');
  connection.send('JOIN', ['#r']);
  assert.deepEqual(socket().sent.slice(4), ['CAP END', 'JOIN #r']);
  assert.deepEqual(heard.welcomes, ['me']);
  assert.equal(connection.state, 'online');
});

test('an account logs in by EXTERNAL', () => {
  const { socket, heard } = connect({ nick: 'me', account: true });
  socket().receive(':s CAP * LS :sasl=PLAIN,EXTERNAL', ':s CAP * ACK :sasl');
  assert.equal(socket().sent.at(-1), 'AUTHENTICATE EXTERNAL');
  socket().receive('AUTHENTICATE +');
  assert.equal(socket().sent.at(-1), 'AUTHENTICATE +');
  socket().receive(':s 900 me me!u@h me :You are logged in', ':s 903 me :ok');
  assert.equal(socket().sent.at(-1), 'CAP END');
  assert.deepEqual(heard.refused, []);
});

test('a client that does something before its registration stops there, and its refusals close nothing', async () => {
  const { socket, heard, connection } = connect({ nick: 'me', account: false, early: true });
  socket().receive(':s CAP * LS :batch labeled-response', ':s CAP * ACK :batch labeled-response');
  assert.deepEqual([heard.early, socket().sent.at(-1), connection.state], [1, 'CAP REQ :batch labeled-response', 'connecting']);
  const refused = connection.request('REGISTER', ['me', '*', 'short']);
  assert.equal(socket().sent.at(-1), '@label=1 REGISTER me * :short');
  socket().receive('@label=1 :s FAIL REGISTER BAD_PASSWORD me :too short');
  await assert.rejects(refused, { code: 'BAD_PASSWORD', message: 'too short' });
  assert.deepEqual(heard.refused, []);
  const taken = connection.request('REGISTER', ['me', '*', 'longer']);
  socket().receive('@label=2 :s REGISTER SUCCESS me :ok');
  assert.equal((await taken).params[0], 'SUCCESS');
  socket().receive('ERROR :too slow');
  assert.equal(heard.refused[0].message, 'too slow');
  await assert.rejects(connection.request('VERIFY', ['me', 'x']), { code: 'DISCONNECTED' });
});

test('a login that has ended is told, and the connection is closed', () => {
  const { socket, heard, connection } = connect({ nick: 'me', account: true });
  socket().receive(':s CAP * LS :sasl=PLAIN', ':s CAP * ACK :sasl');
  assert.equal(heard.refused[0].code, 'LOGIN_EXPIRED');
  assert.equal(connection.state, 'closed');
  const other = connect({ nick: 'me', account: true });
  other.socket().receive(':s CAP * LS :sasl=EXTERNAL', ':s CAP * ACK :sasl', ':s 904 me :no');
  assert.equal(other.heard.refused[0].code, '904');
});

test('a nick that is in use is refused at first', () => {
  const { socket, heard, connection } = connect();
  socket().receive(':s 433 * me :in use');
  assert.deepEqual([heard.refused[0].code, connection.state], ['433', 'closed']);
});

test('the texts of a quiet answer are for who asked alone', async () => {
  const setting = connect();
  welcome(setting);
  const { connection, socket, heard } = setting;
  const answer = connection.request('CS', ['INFO #r'], { quiet: true });
  socket().receive(':ChanServ!C@s NOTICE me :not for this', '@label=1 :s BATCH +2 labeled-response',
    '@batch=2 :ChanServ!C@s NOTICE me :secret', '@batch=2 :s MODE #r +o me', ':s BATCH -2');
  assert.equal((await answer).items[0].params[1], 'secret');
  assert.deepEqual(heard.items.filter((item) => item.command !== '001').map((item) => item.command), ['NOTICE', 'MODE']);
});

test('requests get their answers, and their errors', async () => {
  const setting = connect();
  welcome(setting);
  const { connection, socket, heard } = setting;
  const echo = connection.request('PRIVMSG', ['#r', 'hi']);
  assert.equal(socket().sent.at(-1), '@label=1 PRIVMSG #r :hi');
  socket().receive('@label=1;msgid=x :me!u@h PRIVMSG #r :hi');
  assert.equal((await echo).tags.msgid, 'x');
  assert.equal(heard.items.at(-1).command, 'PRIVMSG');
  const refused = connection.request('PRIVMSG', ['#r', 'hi']);
  socket().receive('@label=2 :s 404 me #r :You are banned');
  await assert.rejects(refused, { code: '404', message: 'You are banned', context: ['#r'] });
  const failed = connection.request('REDACT', ['#r', 'x']);
  socket().receive('@label=3 BATCH +1 labeled-response', '@batch=1 FAIL REDACT UNKNOWN_MSGID #r x :No', 'BATCH -1');
  await assert.rejects(failed, { code: 'UNKNOWN_MSGID', context: ['#r', 'x'], message: 'No' });
});

test('the lines of a labelled answer take effect before the request continues', async () => {
  const setting = connect();
  welcome(setting);
  const { connection, socket, heard } = setting;
  const joined = connection.request('JOIN', ['#r']).then(() => heard.items.length);
  const before = heard.items.length;
  socket().receive('@label=1 BATCH +1 labeled-response', '@batch=1 :me!u@h JOIN #r', '@batch=1 :s 366 me #r :end', 'BATCH -1');
  assert.equal(await joined, before + 2);
});

test('a text of several lines is one request', async () => {
  const setting = connect();
  welcome(setting);
  const { connection, socket } = setting;
  const said = connection.requestLines('PRIVMSG', '#r', [{ text: 'a', concat: false }, { text: 'b', concat: true }]);
  assert.deepEqual(socket().sent.slice(-4), [
    '@label=1 BATCH +m1 draft/multiline :#r', '@batch=m1 PRIVMSG #r :a',
    '@batch=m1;draft/multiline-concat PRIVMSG #r :b', 'BATCH :-m1',
  ].map((line) => line.replace('BATCH :-', 'BATCH -')));
  socket().receive('@label=1;msgid=9 :me!u@h BATCH +z draft/multiline #r', '@batch=z :me!u@h PRIVMSG #r :a', 'BATCH -z');
  assert.equal((await said).params[1], 'a');
});

test('a lost connection is restored with growing waits, and open requests fail', async () => {
  const setting = connect();
  welcome(setting);
  const { connection, socket, timers, made, heard } = setting;
  const lost = connection.request('LIST', []);
  socket().onclose();
  await assert.rejects(lost, { code: 'DISCONNECTED' });
  assert.equal(connection.state, 'waiting');
  await assert.rejects(connection.request('LIST', []), { code: 'DISCONNECTED' });
  timers.advance(499);
  assert.equal(made.length, 1);
  timers.advance(1);
  assert.equal(made.length, 2);
  socket().onclose();
  timers.advance(999);
  assert.equal(made.length, 2);
  timers.advance(1);
  assert.equal(made.length, 3);
  socket().onopen();
  welcome(setting);
  assert.deepEqual(heard.states, ['connecting', 'online', 'waiting', 'connecting', 'waiting', 'connecting', 'online']);
  assert.deepEqual(heard.welcomes, ['me', 'me']);
});

test('after a loss, a nick that the server still holds is tried again', () => {
  const setting = connect();
  welcome(setting);
  const { socket, timers, made, heard, connection } = setting;
  socket().onclose();
  timers.advance(1000);
  socket().onopen();
  socket().receive(':s 433 * me :in use');
  assert.equal(connection.state, 'waiting');
  assert.deepEqual(heard.refused, []);
  timers.advance(2000);
  assert.equal(made.length, 3);
});

test('a request without an answer fails in the end', async () => {
  const setting = connect();
  welcome(setting);
  const silent = setting.connection.request('LIST', []);
  const outcome = assert.rejects(silent, { code: 'TIMEOUT' });
  setting.timers.advance(60000);
  await outcome;
  await settle();
});

test('negotiation ends once, when all capabilities are answered', async () => {
  const { WANTED } = await import(`${STATIC}/js/irc/capabilities.js`);
  const { connection, socket } = connect();
  const names = WANTED.map((wanted) => [wanted].flat()[0]);
  socket().receive(`:s CAP * LS :${names.join(' ')}`);
  assert.ok(socket().sent.every((line) => line.length <= 510));
  const ends = () => socket().sent.filter((line) => line === 'CAP END').length;
  socket().receive(`:s CAP * ACK :${names.slice(0, 5).join(' ')}`, `:s CAP * NAK :${names[5]}`);
  assert.equal(ends(), 0);
  socket().receive(`:s CAP * ACK :${names.slice(6).join(' ')}`);
  assert.equal(ends(), 1);
  assert.deepEqual([connection.capabilities.has(names[6]), connection.capabilities.has(names[5])], [true, false]);
});
