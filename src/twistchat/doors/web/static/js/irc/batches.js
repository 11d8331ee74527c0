/**
 * Batches: lines that belong together. Source: IRCv3 batch, chathistory, multiline, labeled-response.
 *
 * @typedef {object} Batch
 * @property {'batch'} kind
 * @property {string} type such as `chathistory`
 * @property {string[]} params
 * @property {Record<string, string>} tags
 * @property {import('./message.js').Source|null} source
 * @property {(import('./message.js').IrcMessage|Batch)[]} items
 */

/** More open batches, or more lines in one, are a fault of the server. */
const MAX_OPEN = 64;
const MAX_ITEMS = 20000;

export class Batches {
  constructor() {
    /** @type {Map<string, Batch & {parent: Batch|null}>} */
    this._open = new Map();
  }

  /**
   * Take a line.
   *
   * @returns {import('./message.js').IrcMessage|Batch|null} the line, if it is in no batch; the whole batch, at its end; or
   *   null, if the line waits for the end of its batch
   * @throws {Error} there are too many batches or lines
   */
  take(message) {
    const parent = this._open.get(message.tags.batch ?? '') ?? null;
    if (message.command !== 'BATCH') return parent ? this._put(parent, message) : message;
    const [reference = '', type = '', ...params] = message.params;
    const name = reference.slice(1);
    if (reference[0] === '+') {
      if (this._open.size >= MAX_OPEN) throw new Error('too many open batches');
      this._open.set(name, { kind: 'batch', type, params, tags: message.tags, source: message.source, items: [], parent });
      return null;
    }
    const batch = this._open.get(name);
    if (batch === undefined) return null;
    this._open.delete(name);
    const { parent: outer, ...closed } = batch;
    const result = closed.type === 'draft/multiline' || closed.type === 'multiline' ? joinLines(closed) : closed;
    if (result === null) return null;
    return outer ? this._put(outer, result) : result;
  }

  _put(batch, item) {
    if (batch.items.length >= MAX_ITEMS) throw new Error('too many lines in a batch');
    batch.items.push(item);
    return null;
  }
}

/** Return a multiline batch as the one message that it is, or null if it is empty. Source: IRCv3 multiline. */
export function joinLines(batch) {
  const [first] = batch.items;
  if (!first) return null;
  let text = '';
  batch.items.forEach((line, index) => {
    const concat = 'draft/multiline-concat' in line.tags || 'multiline-concat' in line.tags;
    text += (index && !concat ? '\n' : '') + (line.params[1] ?? '');
  });
  const { batch: _, ...own } = batch.tags;
  return {
    tags: Object.assign(Object.create(null), first.tags, own),
    source: batch.source ?? first.source,
    command: first.command,
    params: [batch.params[0] ?? first.params[0], text],
  };
}
