/**
 * Nodes of a text's parts. Only elements and text nodes are made; no text is parsed as HTML.
 */

import { format } from './format.js';

const FLAGS = ['bold', 'italic', 'underline', 'strike', 'mono', 'reverse'];
/** IRC's colours (modern.ircdocs.horse/formatting#colors). A text in one of the first 16 has a class, which themes adapt. */
const COLOURS = [
    ['ffffff', '000000', '00007f', '009300', 'ff0000', '7f0000', '9c009c', 'fc7f00'],
    ['ffff00', '00fc00', '009393', '00ffff', '0000fc', 'ff00ff', '7f7f7f', 'd2d2d2'],
    ['470000', '472100', '474700', '324700', '004700', '00472c', '004747', '002747', '000047', '2e0047', '470047', '47002a'],
    ['740000', '743a00', '747400', '517400', '007400', '007449', '007474', '004074', '000074', '4b0074', '740074', '740045'],
    ['b50000', 'b56300', 'b5b500', '7db500', '00b500', '00b571', '00b5b5', '0063b5', '0000b5', '7500b5', 'b500b5', 'b5006b'],
    ['ff0000', 'ff8c00', 'ffff00', 'b2ff00', '00ff00', '00ffa0', '00ffff', '008cff', '0000ff', 'a500ff', 'ff00ff', 'ff0098'],
    ['ff5959', 'ffb459', 'ffff71', 'cfff60', '6fff6f', '65ffc9', '6dffff', '59b4ff', '5959ff', 'c459ff', 'ff66ff', 'ff59bc'],
    ['ff9c9c', 'ffd39c', 'ffff9c', 'e2ff9c', '9cff9c', '9cffdb', '9cffff', '9cd3ff', '9c9cff', 'dc9cff', 'ff9cff', 'ff94d3'],
    ['000000', '131313', '282828', '363636', '4d4d4d', '656565', '818181', '9f9f9f', 'bcbcbc', 'e2e2e2', 'ffffff'],
].flat();

/**
 * @param {string} name The element's name.
 * @param {string} [className]
 * @param {string} [text] Its only child, as a text node.
 * @returns {HTMLElement}
 */
export function element(name, className = '', text = '') {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text) made.append(text);
    return made;
}

/**
 * Append a message's text to an element.
 *
 * @param {HTMLElement} parent
 * @param {string} text
 */
export function renderText(parent, text) {
    for (const part of format(text)) parent.append(nodeOf(part));
}

/** @param {import("./format.js").Part} part */
function nodeOf(part) {
    if (part.type === 'text') return styled(part.text, part.style);
    if (part.type === 'code') return element('code', '', part.text);
    if (part.type === 'block') {
        const block = element('pre');
        block.append(element('code', '', part.text));
        return block;
    }
    const link = element('a', part.type);
    if (part.type === 'room') {
        link.href = `#${encodeURIComponent(part.href.slice(1))}`;
        link.dataset.room = part.href;
    } else {
        link.href = part.href;
        link.target = '_blank';
        link.rel = 'noopener noreferrer nofollow ugc';
        link.title = part.title;
    }
    link.tabIndex = -1;
    link.append(...part.children.map(nodeOf));
    return link;
}

/** @returns {Node} A text node, or a span where the text has a style. */
function styled(text, style) {
    const classes = FLAGS.filter((flag) => style[flag]);
    if (classes.length === 0 && style.ink === null && style.paper === null) return document.createTextNode(text);
    const span = element('span', classes.join(' '), text);
    // Text in the colour of its background is hidden until it is pointed at.
    if (style.ink !== null && style.ink === style.paper) span.classList.add('spoiler');
    else {
        // Who chose both colours gets both as they are, since the theme's may not read on each other.
        const exact = style.ink !== null && style.paper !== null;
        colour(span, 'ink', style.ink, exact);
        colour(span, 'paper', style.paper, exact);
    }
    return span;
}

/** Colour a span: by a class where the theme has the colour, by a custom property where it has not. */
function colour(span, which, value, exact) {
    if (value === null) return;
    if (typeof value === 'number' && value < 16 && !exact) span.classList.add(`${which}-${value}`);
    else {
        span.classList.add(which);
        span.style.setProperty(`--${which}`, typeof value === 'number' ? `#${COLOURS[value]}` : value);
    }
}
