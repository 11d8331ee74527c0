/** What the tests of the log call in the page. */

import '/static/js/log/chatlog.js';

const log = document.querySelector('chat-log');
const events = [];
for (const type of ['needolder', 'neednewer', 'neednewest', 'seen', 'choose', 'nick', 'room', 'locate']) {
    document.addEventListener(type, ({ detail }) => events.push({ type, detail }));
}
const violations = [];
document.addEventListener('securitypolicyviolation', (event) =>
    violations.push(`${event.violatedDirective} ${event.blockedURI}`),
);

/** 10 November 2026, 12:00 UTC. */
const START = 1794312000000;

/** @returns {object} A message with the values that are not given. */
function message(number, values = {}) {
    return Object.freeze({
        id: `m${number}`,
        time: START + number * 1000,
        kind: 'text',
        nick: 'ann',
        account: null,
        name: '',
        colour: null,
        text: `line ${number}`,
        self: false,
        mention: false,
        replyTo: null,
        replyPreview: null,
        target: null,
        pending: false,
        failed: false,
        ...values,
        reactions: new Map(Object.entries(values.reactions ?? {}).map(([text, nicks]) => [text, new Set(nicks)])),
    });
}

/** @returns {object[]} Messages from one number up to another, which is not among them. */
function messages(from, to, values = {}) {
    return Array.from({ length: to - from }, (_, index) => message(from + index, values));
}

/** @returns {Promise<void>} After the log was drawn, and told what it has to tell. */
function drawn() {
    return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 60)));
}

Object.assign(window, { log, events, violations, message, messages, drawn, START });
log.show({ conversation: '#lobby', name: '#lobby' });
window.ready = true;
