import assert from 'node:assert/strict';
import { test } from 'node:test';

import { format } from '../../../src/twistchat/doors/web/static/js/log/format.js';
import { findLinks, LINKS, SCHEMES } from '../../../src/twistchat/doors/web/static/js/log/links.js';
import { ADDRESSES, HOSTS, MARKUP } from './payloads.mjs';

const hrefs = (text) => findLinks(text).map(({ href }) => href);

test('the addresses of a text are found, without what surrounds them', () => {
    assert.deepEqual(hrefs('see http://example.com/a?b=c#d, or (https://example.org/x_(y)).'), [
        'http://example.com/a?b=c#d',
        'https://example.org/x_(y)',
    ]);
    assert.deepEqual(hrefs('irc://irc.example.com/#lobby ircs://irc.example.com mailto:a@example.com b@example.com'), [
        'irc://irc.example.com/#lobby',
        'ircs://irc.example.com',
        'mailto:a@example.com',
        'mailto:b@example.com',
    ]);
    assert.deepEqual(hrefs('http://[::1]:6680/ http://localhost:6680/'), ['http://[::1]:6680/', 'http://localhost:6680/']);
});

test('a place in the text is the place of the link', () => {
    const text = '😀 http://example.com and #lobby';
    assert.deepEqual(
        findLinks(text).map(({ start, end }) => text.slice(start, end)),
        ['http://example.com', '#lobby'],
    );
});

test('other schemes are no links', () => {
    for (const text of ADDRESSES) {
        const links = findLinks(text);
        for (const { href, type } of links)
            if (type === 'link') assert.ok(SCHEMES.has(new URL(href).protocol), `${text}: ${href}`);
        assert.ok(!links.some(({ href }) => /^(javascript|data|file|blob|vbscript|ftp|ws|tel|intent)/i.test(href)), text);
    }
    for (const text of MARKUP) for (const { href } of findLinks(text)) assert.ok(!/^(javascript|data):/i.test(href), text);
});

test("an address with a user's name or a password is no link to its host", () => {
    for (const text of ['http://google.com@evil.example/', 'https://user:pass@evil.example/x']) {
        assert.ok(!hrefs(text).some((href) => href.startsWith('http') && new URL(href).username), text);
        assert.ok(!hrefs(text).some((href) => href.startsWith('http') && new URL(href).hostname.includes('evil')), text);
    }
});

test('a link shows the host that the browser goes to', () => {
    for (const [text, host] of HOSTS) {
        const [link] = findLinks(text);
        assert.ok(link, text);
        assert.ok(link.label.includes(host), `${text}: ${link.label}`);
        assert.ok(link.href.includes(host), `${text}: ${link.href}`);
        assert.match(link.href, /^[\x21-\x7e]*$/);
    }
    assert.equal(findLinks('http://Example.COM/Ä')[0].label, null);
});

test('names of rooms are links', () => {
    assert.deepEqual(hrefs('come to #lobby, (#café) or #a-b.c! “#quoted”'), ['#lobby', '#café', '#a-b.c', '#quoted']);
    assert.deepEqual(hrefs('issue #12, a#b, http://example.com/#room, # x, ##'), ['http://example.com/#room']);
});

test('a message has few links, and each has little work', (context) => {
    for (const piece of ['irc://', 'a.a.a@b.b.b ', 'http://ü.ü.', 'http://a.b ', '#room ', '`x` http://a.b #room ']) {
        const text = piece.repeat(4000 / piece.length);
        const addresses = context.mock.method(globalThis, 'URL');
        const links = format(text).filter(({ href }) => href !== undefined);
        assert.ok(addresses.mock.callCount() <= 4 * LINKS, `${piece}: ${addresses.mock.callCount()} addresses`);
        addresses.mock.restore();
        assert.equal(links.length, LINKS, piece);
    }
    assert.deepEqual(hrefs('#one http://a.b #two '.repeat(50)).slice(0, 3), ['#one', 'http://a.b/', '#two']);
});

test('a long text takes linear time', () => {
    for (const text of [
        'http://'.repeat(2000),
        'a.'.repeat(8000) + '@',
        '#'.repeat(16000),
        '(http://a.b/'.repeat(1500),
        '@a'.repeat(8000),
    ]) {
        const start = performance.now();
        findLinks(text);
        assert.ok(performance.now() - start < 2000, text.slice(0, 20));
    }
});
