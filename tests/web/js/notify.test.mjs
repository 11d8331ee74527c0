import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeTimers, settle } from './fakes.mjs';
import { STATIC } from './paths.mjs';

const { Chat } = await import(`${STATIC}/js/model/chat.js`);
const { Isupport } = await import(`${STATIC}/js/irc/isupport.js`);
const { parse } = await import(`${STATIC}/js/irc/message.js`);
const { apply } = await import(`${STATIC}/js/model/effects/index.js`);
const { Settings } = await import(`${STATIC}/js/settings.js`);
const { Observable } = await import(`${STATIC}/js/model/observable.js`);
const { add } = await import(`${STATIC}/js/strings/index.js`);
const { SEARCH } = await import(`${STATIC}/js/strings/en/search.js`);
const { Badge } = await import(`${STATIC}/js/notify/badge.js`);
const { Notifications } = await import(`${STATIC}/js/notify/notifications.js`);
const { Tabs } = await import(`${STATIC}/js/notify/tabs.js`);

add(SEARCH);

/** Channels that are connected to each other. What is posted arrives when `deliver` is called. */
function fakeChannels() {
  const channels = [];
  const waiting = [];
  const make = () => {
    const channel = {
      addEventListener: (_, listener) => { channel.listener = listener; },
      postMessage: (data) => waiting.push(() => channels.filter((one) => one !== channel).forEach((one) => one.listener({ data }))),
    };
    channels.push(channel);
    return channel;
  };
  return { make, deliver: () => waiting.splice(0).forEach((send) => send()) };
}

function begin({ tabs = new Tabs(null, new FakeTimers()), permission = 'granted', on = true } = {}) {
  const shown = [];
  class Api {
    static permission = permission;
    static asked = 0;
    static async requestPermission() {
      Api.asked++;
      if (Api.permission === 'default') Api.permission = 'granted';
      return Api.permission;
    }

    constructor(title, options) {
      Object.assign(this, { title, ...options, closed: false });
      shown.push(this);
    }

    close() {
      this.closed = true;
    }
  }
  const chat = new Chat(() => new Isupport(), () => 0);
  chat.session.update({ nick: 'me' });
  chat.conversation('#r').mark(0);
  const settings = new Settings({ getItem: () => null, setItem: () => {} });
  settings.set('notifications', on);
  const page = { watched: false, muted: false, gone: [] };
  const notifications = new Notifications({
    chat, settings, tabs, Api, icon: 'icon', isWatched: () => page.watched, isMuted: () => page.muted, go: (...to) => page.gone.push(to),
  });
  let made = 0;
  const say = async (text, target = '#r', nick = 'bob') => {
    apply(chat, parse(`@msgid=m${++made};time=${new Date(made * 1000).toISOString()} :${nick}!u@h PRIVMSG ${target} :${text}`));
    await settle();
  };
  return { Api, chat, notifications, page, say, settings, shown };
}

test('mentions and private messages are told while nobody looks, as plain text', async () => {
  const { say, shown } = begin();
  await say('hello');
  await say('\x02me\x02, <b>hello</b>');
  await say('psst', 'me');
  await say('mine, me', '#r', 'me');
  await say('\x01VERSION\x01', 'me');
  assert.deepEqual(shown.map(({ title, body, tag }) => [title, body, tag]), [['bob in #r', 'me, <b>hello</b>', '#r'], ['bob', 'psst', 'bob']]);
});

test('nothing is told of what one looks at, of muted rooms, or while it is off', async () => {
  const { notifications, page, say, shown, settings } = begin();
  page.watched = true;
  await say('me?');
  page.watched = false;
  page.muted = true;
  await say('me?');
  page.muted = false;
  settings.set('notifications', false);
  await say('me?');
  assert.deepEqual([shown, notifications.state], [[], 'off']);
});

test('a click goes to the message, and what is read is told no more', async () => {
  const { chat, notifications, page, say, shown } = begin();
  await say('me?');
  await say('psst', 'me');
  shown[0].onclick();
  assert.deepEqual(page.gone, [['#r', 'm1']]);
  chat.conversations.get('bob').mark(9000);
  notifications.tidy();
  assert.deepEqual(shown.map((note) => note.closed), [true, true]);
});

test('the browser is asked when the user turns them on, and never before', async () => {
  const { Api, notifications, say, settings } = begin({ permission: 'default', on: false });
  await say('me?');
  assert.deepEqual([Api.asked, notifications.state], [0, 'off']);
  await notifications.enable();
  assert.deepEqual([Api.asked, notifications.state, settings.get('notifications')], [1, 'on', true]);
  notifications.disable();
  assert.equal(notifications.state, 'off');
});

test('a browser that does not permit them, or cannot make one, says so', async () => {
  const refused = begin({ permission: 'denied' });
  assert.equal(refused.notifications.state, 'denied');
  await refused.notifications.enable();
  assert.equal(refused.notifications.state, 'denied');
  const phone = begin();
  phone.notifications._Api = class extends phone.Api { constructor() { throw new TypeError('Illegal constructor'); } }; // private: the class
  await phone.say('me?');
  assert.equal(phone.notifications.state, 'unsupported');
});

test('of several tabs one tells, whoever hears first, and none if one shows it', async () => {
  for (const [first, second] of [[0.1, 0.2], [0.2, 0.1]]) {
    const { make, deliver } = fakeChannels();
    const timers = new FakeTimers();
    const [one, two] = [first, second].map((name) => new Tabs(make(), { set: timers.set, random: () => name }));
    const decide = async (...claims) => {
      deliver();
      timers.advance(1000);
      return Promise.all(claims);
    };
    const both = await decide(one.claim('a'), two.claim('a'));
    assert.deepEqual(both, [first < second, second < first]);
    const early = one.claim('b');
    deliver();
    assert.deepEqual(await decide(early, two.claim('b')), [true, false]);
    one.show('c');
    assert.deepEqual(await decide(two.claim('c')), [false]);
    one.show('d');
    deliver();
    assert.deepEqual(await decide(two.claim('d')), [false]);
  }
});

test('the title has the open conversation and what is not read, and the icon too', () => {
  const { chat, settings } = begin();
  const icon = { href: '/s/icon.svg', getAttribute: () => icon.href, setAttribute: (_, value) => { icon.href = value; } };
  const document = { title: '', querySelector: () => icon };
  const app = Object.assign(new Observable(), {
    chat, settings, entered: true, offer: { network: 'tea' }, rooms: { isIn: (_, { name }) => name === '#muted' },
  });
  new Badge(app, document);
  const is = (title, href) => assert.deepEqual([document.title, icon.href], [title, `/s/${href}`]);
  is('tea', 'icon.svg');
  const room = chat.conversations.get('#r');
  chat.conversations.show(room);
  is('#r — tea', 'icon.svg');
  apply(chat, parse('@time=2036-01-01T00:00:00.000Z :bob!u@h PRIVMSG #r :hello'));
  is('• #r — tea', 'icon-unread.svg');
  apply(chat, parse('@time=2036-01-01T00:00:00.000Z :bob!u@h PRIVMSG me :psst'));
  apply(chat, parse('@time=2036-01-01T00:00:00.000Z :bob!u@h PRIVMSG #r :me?'));
  is('(2) #r — tea', 'icon-mention.svg');
  chat.conversation('#muted').mark(0);
  apply(chat, parse('@time=2036-01-01T00:00:00.000Z :bob!u@h PRIVMSG #muted :me?'));
  is('(2) #r — tea', 'icon-mention.svg');
  for (const conversation of chat.conversations) conversation.mark(Date.parse('2036-01-02'));
  is('#r — tea', 'icon.svg');
  app.entered = false;
  app.changed();
  is('tea', 'icon.svg');
});
