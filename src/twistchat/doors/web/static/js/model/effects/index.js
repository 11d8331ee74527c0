import { MEMBERSHIP } from './membership.js';
import { METADATA } from './metadata.js';
import { PEOPLE } from './people.js';
import { ROOMS } from './rooms.js';
import { TEXTS } from './texts.js';

/** What a line from the server changes, by its command. */
const EFFECTS = { ...MEMBERSHIP, ...METADATA, ...PEOPLE, ...ROOMS, ...TEXTS };

/** Batches whose lines answer a question: they are no news, and who asked takes them. */
const ANSWERS = /^(draft\/)?chathistory(-targets)?$|\/search$/;

/** Make a line, or a batch, take effect. */
export function apply(chat, item) {
  if (item.kind !== 'batch') {
    EFFECTS[item.command]?.(chat, item);
  } else if (!ANSWERS.test(item.type)) {
    for (const inner of item.items) apply(chat, inner);
  }
}
