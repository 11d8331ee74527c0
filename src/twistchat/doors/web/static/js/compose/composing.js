import { makeMessage } from '../model/messages.js';
import { Observable } from '../model/observable.js';
import { add } from '../strings/index.js';
import { COMPOSE } from '../strings/en/compose.js';
import { installActions } from './actions.js';
import { Commands } from './commands/index.js';
import { commandOf, isSecret, spoken } from './commands/parse.js';
import { Drafts } from './drafts.js';
import { Recall } from './recall.js';
import { Sending } from './sending.js';
import { TypingNotices } from './typing.js';
import { cleaned } from './units.js';

add(COMPOSE);

/** What is said and done in the composers of all conversations. Watchers hear of replies that begin or end, and of errors. */
export class Composing extends Observable {
  /** @param {import('../app.js').App} app @param {Window} window */
  constructor(app, window) {
    super();
    this._app = app;
    this.sending = new Sending(app);
    this.commands = new Commands();
    this.drafts = new Drafts(window.localStorage, app.timers, app.chat.fold, isSecret);
    this.typing = new TypingNotices(app);
    this._recalls = new Map();
    this._replies = new Map();
    this._errors = new Map();
    installActions(app, this, window);
    app.chat.conversations.watch(() => {
      if (app.chat.session.state === 'closed' && !app.chat.conversations.byName.size) this._left();
    });
    app.chat.on('renamed', ({ conversation, from }) => this.drafts.rename(from, conversation.name));
    window.addEventListener('pagehide', () => this._keep());
  }

  /** The texts that were sent to a conversation. @returns {Recall} */
  recall(conversation) {
    if (!this._recalls.has(conversation)) this._recalls.set(conversation, new Recall());
    return this._recalls.get(conversation);
  }

  /** The message that is being answered, or null. */
  replyTo(conversation) {
    return this._replies.get(conversation) ?? null;
  }

  /** Begin to answer a message, or with null no longer answer one. */
  reply(conversation, message) {
    if (message) this._replies.set(conversation, message);
    else this._replies.delete(conversation);
    this.changed();
  }

  /** What went wrong last in a conversation, or null. */
  errorOf(conversation) {
    return this._errors.get(conversation) ?? null;
  }

  /** Say beside the composer what went wrong, or with null that nothing is wrong. */
  report(conversation, error) {
    if (error) this._errors.set(conversation, error);
    else if (!this._errors.delete(conversation)) return;
    this.changed();
  }

  /**
   * Do what a text says: a command, or a message.
   *
   * @throws {import('../irc/requests.js').RequestError} it cannot be done. Messages that the server refuses are not reported
   *   here: they stay in the log
   */
  async submit(conversation, written) {
    const text = cleaned(written);
    if (!text) return;
    const command = commandOf(text);
    if (command) {
      await this.commands.run(command, {
        app: this._app, conversation, sending: this.sending, replyTo: this.replyTo(conversation)?.id ?? '',
        tell: (said) => this.tell(conversation, said),
      });
    } else {
      this.sending.send(conversation, spoken(text), { replyTo: this.replyTo(conversation)?.id ?? '' });
    }
    if (!command || command.name === 'me') {
      this.reply(conversation, null);
      this.typing.sent();
    }
    if (!isSecret(conversation.name, text)) this.recall(conversation).add(text);
  }

  /** Show a text to this user alone, at the end of the conversation that is open. */
  async tell(conversation, text) {
    const shown = this._app.chat.conversations.open ?? conversation;
    if (!shown.timeline.atEnd) await this._app.history.latest(shown);
    shown.timeline.add(makeMessage({ kind: 'system', text, time: this._app.timers.now() }));
    if (this._app.log?.conversation === shown) this._app.log.toEnd();
  }

  /** This user has left the chat: who comes next does not see the drafts. */
  _left() {
    this.drafts.clear();
    this._recalls.clear();
    this._replies.clear();
    this._errors.clear();
  }

  /** The page is closed: what was not sent is a draft when it is opened again. */
  _keep() {
    for (const { conversation: { name }, action, text } of this.sending.unsent().reverse()) {
      this.drafts.write(name, [action ? `/me ${text}` : text, this.drafts.read(name)].filter(Boolean).join('\n'));
    }
    this.drafts.store();
  }
}

/** The one of an app. */
export function composingOf(app) {
  app.composing ??= new Composing(app, window);
  return app.composing;
}
