import { timeWords } from '../log/row.js';
import { isSpoken } from '../model/messages.js';
import { Observable } from '../model/observable.js';
import { t } from '../strings/index.js';
import { html } from './html.js';
import { useWatch } from './watch.js';

/**
 * What others said in a conversation before this user came back to it, until the first of it has been on the screen. Watchers hear
 * when that is known, and when it has been seen.
 */
export class News extends Observable {
  /**
   * @param {import('../history/history.js').History} history
   * @param {import('../model/conversation.js').Conversation} conversation
   * @param {(id: string) => boolean} isSeen whether a message is on the screen, or below it
   */
  constructor(history, conversation, isSeen) {
    super();
    this._history = history;
    this._conversation = conversation;
    this._isSeen = isSeen;
    this._counted = false;
    /** @type {{count: number, more: boolean, mentions: number, first: object}|null} `more`: whether there is more before the first */
    this.found = null;
  }

  /** Count what is new, once, as soon as the history is loaded and it is known what is read. */
  async count() {
    const { timeline, marker } = this._conversation;
    if (this._counted || marker === null || !timeline.loaded || !timeline.atEnd) return;
    this._counted = true;
    const isNew = (message) => message.time > marker && isSpoken(message) && !message.self;
    let messages = timeline.messages.filter(isNew);
    let more = false;
    if (timeline.messages[0]?.time > marker) {
      const page = await this._history.before(this._conversation);
      more = page !== null && page.more && page.messages[0]?.time > marker;
      messages = [...(page?.messages ?? []).filter(isNew), ...messages];
    }
    if (!messages.length) return;
    const mentions = messages.filter((message) => message.mention).length;
    const found = { count: messages.length, more, mentions, first: messages[0] };
    // The log draws what it was given with the next frame, and goes to its end.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (!this._isSeen(messages[0].id)) this.found = found;
      this.changed();
    }));
  }

  /** The screen shows other messages. */
  look() {
    if (this.found && this._isSeen(this.found.first.id)) this.end();
  }

  end() {
    this.found = null;
    this.changed();
  }
}

/** Says how much is new, where the reader came to the end of it, and leads to the first. */
export function NewsBar({ news, go }) {
  useWatch(news);
  const { count, more, mentions, first } = news?.found ?? {};
  return html`<div class="news" role="status">${first && html`
    <span>${t(count === 1 ? 'log.newsOne' : 'log.news', { count: more ? `${count}+` : count, time: timeWords(first.time) })}
      ${mentions > 0 && ` ${t(mentions === 1 ? 'log.newsMention' : 'log.newsMentions', { count: mentions })}`}</span>
    <button type="button" onClick=${() => go(first.id)}>${t('log.newsFirst')}</button>
    <button type="button" class="plain" aria-label=${t('log.newsClose')} title=${t('log.newsClose')} onClick=${() => news.end()}
      >×</button>`}</div>`;
}
