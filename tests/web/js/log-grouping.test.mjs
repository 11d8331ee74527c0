import assert from 'node:assert/strict';
import { test } from 'node:test';

import { continuesGroup, folds, GROUP, startsDay, summary } from '../../../src/twistchat/doors/web/static/js/log/grouping.js';

const NOON = new Date(2026, 10, 10, 12).getTime();
const said = (values = {}) => ({ kind: 'text', nick: 'ann', account: null, time: NOON, replyTo: null, ...values });

test('lines of one nick are one group for five minutes', () => {
    assert.ok(continuesGroup(said(), said({ time: NOON + GROUP })));
    assert.ok(!continuesGroup(said(), said({ time: NOON + GROUP + 1 })));
    assert.ok(!continuesGroup(null, said()));
    assert.ok(!continuesGroup(said(), said({ nick: 'bob' })));
    assert.ok(!continuesGroup(said(), said({ account: 'ann' })));
    assert.ok(!continuesGroup(said(), said({ kind: 'notice' })));
    assert.ok(!continuesGroup(said(), said({ kind: 'action' })));
    assert.ok(!continuesGroup(said({ kind: 'join' }), said()));
    assert.ok(!continuesGroup(said(), said({ replyTo: 'm1' })));
    assert.ok(continuesGroup(said({ kind: 'redacted' }), said()));
});

test("a day begins at the reader's midnight", () => {
    const midnight = new Date(2026, 10, 11).getTime();
    assert.ok(startsDay(null, said()));
    assert.ok(!startsDay(said(), said({ time: midnight - 1 })));
    assert.ok(startsDay(said({ time: midnight - 1 }), said({ time: midnight })));
    assert.ok(!continuesGroup(said({ time: midnight - 1 }), said({ time: midnight })));
});

test('a fold says what became of each', () => {
    const happened = (kind, nick, target = '') => ({ kind, nick, name: '', target, text: '', time: NOON });
    const ranked = (value) => ({ kind: 'mode', byServer: true, nick: 's', changes: [{ given: true, mode: 'o', value, kind: 'rank' }] });
    assert.deepEqual(
        summary([
            happened('join', 'ann'),
            happened('part', 'bob'),
            happened('join', 'cat'),
            happened('quit', 'cat'),
            happened('quit', 'dan'),
            happened('join', 'dan'),
            happened('nick', 'eve', 'eva'),
            happened('nick', 'eva', 'evi'),
            happened('join', 'fay'),
            happened('nick', 'fay', 'fee'),
            ranked('ann'),
            ranked('gil'),
        ]),
        { joined: ['ann', 'fee'], left: ['bob'], renamed: [['eve', 'evi']], visited: ['cat', 'dan'], ranked: ['gil'] },
    );
    assert.deepEqual(summary([happened('nick', 'ann', 'bob'), happened('nick', 'bob', 'ann')]).renamed, []);
});

test('only who comes and goes is folded', () => {
    assert.deepEqual(
        ['join', 'part', 'quit', 'nick', 'text', 'kick', 'mode', 'topic', 'error'].filter((kind) => folds({ kind })),
        ['join', 'part', 'quit', 'nick'],
    );
    const changes = [{ given: true, mode: 'o', value: 'ann', kind: 'rank' }];
    assert.ok(folds({ kind: 'mode', byServer: true, changes }));
    assert.ok(!folds({ kind: 'mode', byServer: false, changes }));
    assert.ok(!folds({ kind: 'mode', byServer: true, changes: [...changes, { given: true, mode: 'i', value: '', kind: 'other' }] }));
});
