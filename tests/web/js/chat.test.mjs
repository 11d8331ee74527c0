import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STATIC } from './paths.mjs';

const { Chat } = await import(`${STATIC}/js/model/chat.js`);
const { Isupport } = await import(`${STATIC}/js/irc/isupport.js`);
const { parse } = await import(`${STATIC}/js/irc/message.js`);
const { apply } = await import(`${STATIC}/js/model/effects/index.js`);

const AT = '2026-01-02T09:05:59.000Z';

function begin() {
  const isupport = new Isupport();
  isupport.apply(['me', 'PREFIX=(ov)@+', 'STATUSMSG=@+', 'CHANMODES=b,k,l,nt', 'x']);
  const chat = new Chat(() => isupport, () => Date.parse(AT));
  chat.session.update({ nick: 'me' });
  const take = (...lines) => lines.forEach((line) => apply(chat, parse(line)));
  take(':me!u@h JOIN #r', ':s 353 me = #r :@ann!a@h +bob!b@h me!u@h', ':s 366 me #r :end', 'MARKREAD #r *');
  return { chat, take, room: chat.conversations.get('#R') };
}

const texts = (conversation) => conversation.timeline.messages.map((message) => `${message.kind} ${message.nick} ${message.text}`);

test('a room has its members with ranks, and follows who comes and goes', () => {
  const { chat, take, room } = begin();
  const members = () => [...room.members.byName.values()].map((member) => member.prefixes + member.nick);
  assert.deepEqual(members(), ['@ann', '+bob', 'me']);
  take(':cat!c@h JOIN #r cat :Cat', ':ann!a@h MODE #r +ov-v me me bob', ':bob!b@h NICK rob', ':ann!a@h QUIT :bye', ':me!u@h KICK #r cat :out');
  assert.deepEqual(members(), ['@+me', 'rob']);
  assert.equal(chat.people.get('cat').realname, 'Cat');
  assert.deepEqual(texts(room).slice(1), [
    'join cat ', 'mode ann +ov-v me me bob', 'nick bob ', 'quit ann bye', 'kick me out']);
  assert.equal(room.timeline.messages.at(-1).target, 'cat');
  take(':rob!b@h KICK #r me');
  assert.equal(room.joined, false);
});

test('messages count as unread, and as mentions, until they are read', () => {
  const { take, room } = begin();
  const later = '@time=2026-01-02T09:06:00.000Z;msgid=';
  take(`${later}1 :bob!b@h PRIVMSG #r :hello`, `${later}2 :bob!b@h PRIVMSG #r :ME, look`, `${later}3 :me!u@h PRIVMSG #r :me too`,
    `${later}4 :bob!b@h PRIVMSG #r :some meat`);
  assert.deepEqual([room.unread, room.mentions], [3, 1]);
  take('MARKREAD #r timestamp=2026-01-02T09:06:00.000Z');
  assert.deepEqual([room.unread, room.mentions], [0, 0]);
  take('MARKREAD #r timestamp=2026-01-02T09:00:00.000Z');
  assert.equal(room.marker, Date.parse('2026-01-02T09:06:00.000Z'));
});

test('private texts make a conversation with the other one, whoever speaks', () => {
  const { chat, take } = begin();
  take(':bob!b@h PRIVMSG me :psst', ':me!u@h PRIVMSG bob :yes?', ':me!u@h PRIVMSG ann :hi');
  assert.deepEqual(texts(chat.conversations.get('bob')), ['text bob psst', 'text me yes?']);
  assert.equal(chat.conversations.get('bob').mentions, 1);
  take(':bob!b@h NICK rob');
  assert.equal(chat.conversations.get('bob'), undefined);
  assert.equal(chat.conversations.get('rob').name, 'rob');
});

test('a text to a rank is in the room, and says where it went', () => {
  const { take, room } = begin();
  take(':ann!a@h PRIVMSG @#r :operators only');
  assert.equal(room.timeline.messages.at(-1).target, '@#r');
});

test('what the server says has a place of its own', () => {
  const { chat, take } = begin();
  take(':twistchat.local NOTICE me :going down');
  assert.deepEqual(texts(chat.conversations.get('*')), ['notice twistchat.local going down']);
});

test('reactions and redactions change the message that they name', () => {
  const { take, room } = begin();
  take('@msgid=1 :bob!b@h PRIVMSG #r :hello', '@msgid=2;+draft/reply=1;+draft/react=👍 :ann!a@h TAGMSG #r',
    '@msgid=3;+draft/reply=1;+draft/react=👍 :me!u@h TAGMSG #r', '@msgid=4;+draft/reply=1;+draft/unreact=👍 :ann!a@h TAGMSG #r');
  const message = () => room.timeline.find('1');
  assert.deepEqual([...message().reactions], [['👍', new Set(['me'])]]);
  assert.ok(Object.isFrozen(message()));
  take(':ann!a@h REDACT #r 1 :spam');
  assert.deepEqual([message().kind, message().text, message().nick], ['redacted', 'spam', 'bob']);
});

test('actions are shown, other CTCP requests are not', () => {
  const { take, room } = begin();
  take(':bob!b@h PRIVMSG #r :\x01ACTION waves\x01', ':bob!b@h PRIVMSG #r :\x01VERSION\x01');
  assert.deepEqual(texts(room).slice(1), ['action bob waves']);
});

test('typing, topic, away, metadata and renames', () => {
  const { chat, take, room } = begin();
  take('@+typing=active :bob!b@h TAGMSG #r', ':s 332 me #r :Old', ':ann!a@h TOPIC #r :New', ':bob!b@h AWAY :lunch',
    ':s 761 * bob color * :#ff0000', ':ann!a@h RENAME #r #s :better');
  assert.deepEqual([...room.typing.keys()], ['bob']);
  assert.deepEqual([room.topic, room.topicBy, room.name], ['New', 'ann', '#s']);
  assert.equal(chat.conversations.get('#s'), room);
  assert.equal(chat.people.get('bob').away, 'lunch');
  assert.equal(chat.people.get('BOB').metadata.get('color'), '#ff0000');
  take(':bob!b@h PRIVMSG #s :done');
  assert.equal(room.typing.size, 0);
});

test('a change of one room is told to the watchers of that room only', () => {
  const { chat, take, room } = begin();
  take(':me!u@h JOIN #other');
  let other = 0;
  let list = 0;
  let mine = 0;
  chat.conversations.get('#other').watch(() => other++);
  chat.conversations.watch(() => list++);
  room.watch(() => mine++);
  take(':bob!b@h PRIVMSG #r :hello');
  assert.deepEqual([mine, other, list], [1, 0, 0]);
});

test('a message that the log has seen at once is not unread', () => {
  const { take, room } = begin();
  room.timeline.watch(() => room.mark(room.timeline.messages.at(-1).time));
  take('@time=2026-01-02T09:06:00.000Z :bob!b@h PRIVMSG #r :me, hello');
  assert.deepEqual([room.unread, room.mentions], [0, 0]);
});

test('a conversation that somebody begins is unread, whatever the clock here says', () => {
  const { chat, take } = begin();
  take('@time=2025-12-31T00:00:00.000Z :bob!b@h PRIVMSG me :psst');
  const conversation = chat.conversations.get('bob');
  assert.deepEqual([conversation.unread, conversation.mentions], [1, 1]);
});

test('a message is unread once, live and from the history, and a removed one is not', () => {
  const { take, room } = begin();
  room.mark(Date.parse('2036-01-01T00:00:00.000Z'));
  take('@msgid=1;time=2036-01-01T00:00:01.000Z :bob!b@h PRIVMSG #r :one', '@msgid=2;time=2036-01-01T00:00:02.000Z :bob!b@h PRIVMSG #r :me!');
  room.note(room.timeline.messages);
  assert.deepEqual([room.unread, room.mentions], [2, 1]);
  take(':bob!b@h REDACT #r 2');
  assert.deepEqual([room.unread, room.mentions], [1, 0]);
});

test('while no read marker is known, nothing is unread, and all after it as soon as it is', () => {
  const { take, room } = begin();
  room.marker = null;
  take('@msgid=1;time=2026-01-01T00:00:01.000Z :bob!b@h PRIVMSG #r :one', '@msgid=2;time=2026-01-01T00:00:03.000Z :bob!b@h PRIVMSG #r :two');
  assert.equal(room.unread, 0);
  take('MARKREAD #r timestamp=2026-01-01T00:00:02.000Z');
  assert.equal(room.unread, 1);
});

test('tags begin no conversation, and users who quit are forgotten unless one talks with them', () => {
  const { chat, take } = begin();
  take('@+typing=active :eve!e@h TAGMSG me', ':ann!a@h PRIVMSG me :hi', ':ann!a@h QUIT :x', ':bob!b@h QUIT :x');
  assert.equal(chat.conversations.get('eve'), undefined);
  assert.equal(chat.people.get('ann').online, false);
  assert.equal(chat.people.get('bob'), undefined);
});

test('texts of somebody who is ignored are not shown, under a new nick neither', () => {
  const { chat, take, room } = begin();
  const invitations = [];
  chat.on('invited', (invitation) => invitations.push(invitation));
  chat.ignore('BOB');
  chat.ignore('me');
  take('@msgid=1 :bob!b@h PRIVMSG #r :spam', ':bob!b@h NICK rob', '@msgid=2 :rob!b@h NOTICE #r :me, spam', ':rob!b@h PRIVMSG me :spam',
    '@+typing=active :rob!b@h TAGMSG #r', ':rob!b@h INVITE me #spam', ':me!u@h PRIVMSG #r :mine');
  assert.deepEqual(texts(room).slice(1), ['nick bob ', 'text me mine']);
  assert.deepEqual([room.unread, room.typing.size, room.timeline.newest, chat.conversations.get('rob')], [0, 0, '2', undefined]);
  chat.ignore('rob', false);
  take(':rob!b@h PRIVMSG #r :sorry', ':rob!b@h INVITE me #t');
  assert.deepEqual([texts(room).at(-1), invitations], ['text rob sorry', [{ by: 'rob', room: '#t' }]]);
});
