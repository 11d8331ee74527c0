import { useEffect, useRef, useState } from '../../vendor/preact-hooks.mjs';
import { accept, nicksOf, replaceNamed, suggest } from '../compose/completion.js';
import { composingOf } from '../compose/composing.js';
import { CODES, isFormatted, toggle } from '../compose/formatting.js';
import { plain } from '../log/format.js';
import { renderText } from '../log/render.js';
import { safeName } from '../log/safe.js';
import { t, wordsFor } from '../strings/index.js';
import { html } from './html.js';
import { Icon } from './parts.js';
import { optionId, SuggestionList } from './suggestions.js';
import { useWatch } from './watch.js';

/** How many lines the field shows at once. */
const MOST_ROWS = 10;

function sourcesOf(app, conversation) {
  return {
    nicks: (start) => nicksOf(conversation, app.chat, start),
    rooms: () => app.chat.rooms().map((room) => room.name).sort(),
    commands: () => composingOf(app).commands.list(),
  };
}

/** The message that is being answered. */
function Answered({ message, onCancel }) {
  const text = safeName(plain(message.text).replaceAll('\n', ' '));
  return html`<div class="answered">
    <p><b>${t('composer.replying', { nick: safeName(message.nick) })}</b> <bdi>${text}</bdi></p>
    <button type="button" class="plain" aria-label=${t('composer.replyCancel')} title=${t('composer.replyCancel')}
      onClick=${onCancel}><${Icon} name="close" /></button>
  </div>`;
}

/** How a text with formatting codes, which the field cannot show, will look. */
function Preview({ text }) {
  const body = useRef(null);
  useEffect(() => {
    body.current.replaceChildren();
    renderText(body.current, text);
  }, [text]);
  return html`<div class="preview"><span>${t('composer.preview')}</span> <div ref=${body} dir="auto"></div></div>`;
}

/** The text of a field, and what happens to it. */
function useText(app, conversation, field) {
  const { drafts, typing } = composingOf(app);
  const [text, setText] = useState(() => drafts.read(conversation.name));
  useEffect(() => () => {
    typing.stop(conversation);
    drafts.store();
  }, [conversation]);
  const write = (value, quiet = false) => {
    drafts.write(conversation.name, value);
    if (!quiet) typing.typed(conversation, value);
    setText(value);
  };
  /** Put a text there, and the caret or a selection. */
  const put = (value, start, end = start) => {
    field.current.value = value;
    field.current.setSelectionRange(start, end);
    write(value);
  };
  return { text, write, put };
}

/**
 * Where a message is written. Enter sends it, and Shift+Enter begins a line. Tab completes names, rooms, commands and emoji; the
 * arrow keys recall what was sent.
 */
export function Composer({ app, conversation }) {
  const composing = composingOf(app);
  const recall = composing.recall(conversation);
  useWatch(composing);
  const field = useRef(null);
  const { text, write, put } = useText(app, conversation, field);
  const [offered, setOffered] = useState(null);
  const error = composing.errorOf(conversation);
  const answered = composing.replyTo(conversation);

  const offer = (asked = false) => {
    const { value, selectionStart, selectionEnd } = field.current;
    const found = selectionStart === selectionEnd ? suggest(value, selectionStart, sourcesOf(app, conversation), asked) : null;
    setOffered(found && { ...found, index: 0 });
    return found;
  };
  const choose = (index, from = offered) => {
    const { text: value, caret } = accept(field.current.value, from, index);
    setOffered(null);
    put(value, caret);
    field.current.focus();
  };
  const send = async () => {
    const said = field.current.value;
    if (!said.trim()) return;
    setOffered(null);
    composing.report(conversation, null);
    write('', true);
    try {
      await composing.submit(conversation, said);
    } catch (failure) {
      // Nothing is lost: the text comes back, before what was typed meanwhile.
      write([said, composing.drafts.read(conversation.name)].filter(Boolean).join('\n'), true);
      composing.report(conversation, failure);
    }
  };
  const insertEmoji = async () => {
    const { selectionStart: start, selectionEnd: end } = field.current;
    const emoji = await app.dialogs.show(() => import('./picker.js').then(({ Picker }) => Picker));
    if (!emoji || !field.current) return;
    const { value } = field.current;
    put(value.slice(0, start) + emoji + value.slice(end), start + emoji.length);
    field.current.focus();
  };

  const cancelReply = () => {
    composing.reply(conversation, null);
    field.current.focus();
  };

  /** Show an earlier or later text. @returns {boolean} whether there was one */
  const recallText = (older, always) => {
    const { value, selectionStart } = field.current;
    const outer = !(older ? value.slice(0, selectionStart) : value.slice(selectionStart)).includes('\n');
    if (!always && !(value === '' || (recall.shows(value) && outer))) return false;
    const found = older ? recall.older(value) : recall.newer();
    if (found === null) return always;
    put(found, found.length);
    return true;
  };
  const inList = (event) => {
    const { length } = offered.options;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setOffered({ ...offered, index: (offered.index + step + length) % length });
    else if (event.key === 'Enter' || event.key === 'Tab') choose(offered.index);
    else if (event.key === 'Escape') setOffered(null);
    else return false;
    return true;
  };
  const complete = () => {
    const found = offer(true);
    if (found?.options.length === 1) choose(0, found);
    return found !== null;
  };
  const format = (code) => {
    const { value, selectionStart, selectionEnd } = field.current;
    const formatted = toggle(value, selectionStart, selectionEnd, code);
    put(formatted.text, formatted.start, formatted.end);
    return true;
  };
  const escape = () => {
    if (answered) composing.reply(conversation, null);
    else if (error) composing.report(conversation, null);
    else return false;
    return true;
  };
  /** @returns {boolean} whether the key had an effect */
  const onKey = (event) => {
    const { key, altKey, shiftKey } = event;
    const control = event.ctrlKey || event.metaKey;
    if (event.isComposing) return false;
    if (offered && !altKey && !shiftKey && !control && inList(event)) return true;
    if (control && !altKey && !shiftKey && CODES[key.toLowerCase()]) return format(CODES[key.toLowerCase()]);
    if (control || shiftKey) return false;
    if (key === 'ArrowUp' || key === 'ArrowDown') return recallText(key === 'ArrowUp', altKey);
    if (altKey) return false;
    if (key === 'Enter') return send(), true;
    if (key === 'Tab') return complete();
    return key === 'Escape' && escape();
  };
  const onInput = (event) => {
    const { value, selectionStart } = event.target;
    const named = event.isComposing || event.inputType?.startsWith('delete') ? null : replaceNamed(value, selectionStart);
    recall.rest();
    if (!value) composing.report(conversation, null);
    if (named) put(named.text, named.caret);
    else write(value);
    if (named) setOffered(null);
    else offer();
  };

  const label = t('composer.label', { name: conversation.name });
  const rows = Math.min(MOST_ROWS, text.split('\n').length);
  return html`<form class="composer" data-region onSubmit=${(event) => { event.preventDefault(); send(); }}>
    <p class="problem" id="composer-problem" role="alert">${error ? wordsFor(error) : ''}</p>
    ${isFormatted(text) && html`<${Preview} text=${text} />`}
    ${answered && html`<${Answered} message=${answered} onCancel=${cancelReply} />`}
    <${SuggestionList} offered=${offered} onChoose=${choose} />
    <div class="box">
      <textarea ref=${field} id="composer" rows=${rows} aria-label=${label} placeholder=${label} value=${text} dir="auto"
        aria-describedby="composer-problem" aria-autocomplete="list" aria-controls=${offered ? 'suggestions' : null}
        aria-activedescendant=${offered ? optionId(offered.index) : null}
        onInput=${onInput} onBlur=${() => setOffered(null)}
        onKeyDown=${(event) => { if (onKey(event)) event.preventDefault(); }}></textarea>
      <button type="button" class="plain" aria-label=${t('composer.emoji')} title=${t('composer.emoji')} onClick=${insertEmoji}
        ><${Icon} name="smile" /></button>
      <button class="send" aria-label=${t('composer.send')} title=${t('composer.send')}><${Icon} name="send" /></button>
    </div>
  </form>`;
}
