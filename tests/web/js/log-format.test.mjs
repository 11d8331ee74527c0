import assert from 'node:assert/strict';
import { test } from 'node:test';

import { format, plain, PLAIN } from '../../../src/twistchat/doors/web/static/js/log/format.js';
import { safeName } from '../../../src/twistchat/doors/web/static/js/log/safe.js';
import { ADDRESSES, MARKUP, UNSEEN } from './payloads.mjs';

/** What a reader sees of parts. */
const shown = (parts) => parts.map((part) => part.text ?? shown(part.children)).join('');
/** The texts of parts, with what is not plain about their styles. */
const styles = (text) =>
    format(text).map((part) => [
        part.text,
        Object.fromEntries(Object.entries(part.style).filter(([name, value]) => value !== PLAIN[name])),
    ]);

test('a plain text is one part', () => {
    assert.deepEqual(format('hello'), [{ type: 'text', text: 'hello', style: PLAIN }]);
    assert.deepEqual(format(''), []);
});

test('each code turns its style on and off', () => {
    for (const [code, name] of [
        ['\x02', 'bold'],
        ['\x1d', 'italic'],
        ['\x1f', 'underline'],
        ['\x1e', 'strike'],
        ['\x11', 'mono'],
        ['\x16', 'reverse'],
    ]) {
        assert.deepEqual(styles(`a${code}b${code}c`), [
            ['a', {}],
            ['b', { [name]: true }],
            ['c', {}],
        ]);
    }
    assert.deepEqual(styles('\x02a\x1db\x0fc'), [
        ['a', { bold: true }],
        ['b', { bold: true, italic: true }],
        ['c', {}],
    ]);
});

test('colours have one or two digits, and a background', () => {
    assert.deepEqual(styles('\x034a'), [['a', { ink: 4 }]]);
    assert.deepEqual(styles('\x0304,12a\x03b'), [
        ['a', { ink: 4, paper: 12 }],
        ['b', {}],
    ]);
    assert.deepEqual(styles('\x03041a'), [['1a', { ink: 4 }]]);
    assert.deepEqual(styles('\x0304,a'), [[',a', { ink: 4 }]]);
    assert.deepEqual(styles('\x0304,12a\x0305b'), [
        ['a', { ink: 4, paper: 12 }],
        ['b', { ink: 5, paper: 12 }],
    ]);
    assert.deepEqual(styles('\x0398a\x0399b'), [
        ['a', { ink: 98 }],
        ['b', {}],
    ]);
    assert.deepEqual(styles('\x04FF00aaa,\x04b'), [
        ['a,', { ink: '#ff00aa' }],
        ['b', {}],
    ]);
    assert.deepEqual(styles('\x04ff0000,00FF00a'), [['a', { ink: '#ff0000', paper: '#00ff00' }]]);
    assert.deepEqual(styles('\x04ff00;x'), [['ff00;x', {}]]);
});

test('a line break ends all styles', () => {
    assert.deepEqual(styles('\x02a\nb'), [
        ['a\n', { bold: true }],
        ['b', {}],
    ]);
});

test('code shows its text as it is, without formatting or links', () => {
    assert.deepEqual(
        format('a `b\x02 http://example.com` c').map(({ type, text }) => [type, text]),
        [
            ['text', 'a '],
            ['code', 'b http://example.com'],
            ['text', ' c'],
        ],
    );
    assert.deepEqual(
        format('x\n```js\nlet a;\n\n  b\n```').map(({ type, text }) => [type, text]),
        [
            ['text', 'x\n'],
            ['block', 'let a;\n\n  b'],
        ],
    );
    assert.equal(shown(format('a ` b')), 'a ` b');
    assert.equal(shown(format('``` open')), '``` open');
});

test('a link may have several styles, and a style several links', () => {
    const [link] = format('http://exa\x02mple.com/\x02x');
    assert.equal(link.href, 'http://example.com/x');
    assert.deepEqual(
        link.children.map(({ text }) => text),
        ['http://exa', 'mple.com/', 'x'],
    );
});

test('no text becomes anything but text, code or a checked link', () => {
    for (const text of [...MARKUP, ...ADDRESSES]) {
        for (const part of format(text)) {
            assert.ok(['text', 'code', 'block', 'link', 'room'].includes(part.type));
            if (part.type === 'link') assert.match(part.href, /^(https?|mailto|ircs?):/);
        }
    }
    assert.equal(shown(format('<b>&amp;</b>')), '<b>&amp;</b>');
});

test('characters that deceive are not shown', () => {
    for (const [text, character] of UNSEEN) {
        for (const written of [shown(format(text)), shown(format(`\`${text}\``)), plain(text), safeName(text)]) {
            assert.ok(!written.includes(character), JSON.stringify([text, written]));
            assert.ok(written.includes('a') || !text.includes('a'), JSON.stringify([text, written]));
        }
    }
    assert.equal(shown(format('safe\u202Efdp.exe')), 'safe‹U+202E›fdp.exe');
    assert.equal(safeName('ann\u200b\nbob'), 'ann‹U+000A›bob');
});

test('a character that is not shown ends a link', () => {
    for (const text of ['http://example.com/\u202Efdp.exe', 'http://exa\u200Bmple.com/', 'http://example.com/\u2066x']) {
        for (const { href } of format(text).filter(({ type }) => type === 'link'))
            assert.ok(!/%E2%80|%E2%81|mple.com\/$/.test(href) || href === 'http://example.com/', href);
    }
    assert.equal(shown(format('http://example.com/\u202Efdp.exe')), 'http://example.com/‹U+202E›fdp.exe');
});

test('what emoji and scripts need stays', () => {
    for (const text of ['👨‍👩‍👧', '🏳️‍🌈', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '1️⃣', '❤️', '👍🏽', 'نامه‌ای', 'क्‍ष', 'שלום\u200F!', 'é', '한국어', '葛󠄀']) {
        assert.equal(shown(format(text)), text);
        assert.equal(safeName(text), text);
    }
});

test('marks do not pile up', () => {
    assert.ok([...shown(format(`Z${'\u0335'.repeat(200)}a`))].length < 10);
});

test('line breaks stay, and places are right after characters that take two units', () => {
    assert.equal(shown(format('a\n\nb\r\nc')), 'a\n\nb\nc');
    const parts = format('😀\x02😀\u202E😀 http://example.com/ 😀');
    assert.equal(shown(parts), '😀😀‹U+202E›😀 http://example.com/ 😀');
    assert.equal(parts.find(({ type }) => type === 'link').href, 'http://example.com/');
});

test('the parts of a text are bounded', () => {
    for (const text of ['\x02a'.repeat(20000), '`a` '.repeat(20000), 'http://a.b '.repeat(3000), '\x0304a\x03'.repeat(9000)]) {
        const start = performance.now();
        const parts = format(text);
        assert.ok(parts.length <= 900, String(parts.length));
        assert.ok(performance.now() - start < 3000);
        assert.equal(shown(parts).replaceAll('`', ''), plain(text).replaceAll('`', ''));
    }
});
