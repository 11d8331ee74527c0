import { t } from '../strings/index.js';
import { reaches } from './ranks.js';

/** Return why it should be asked before this user leaves a room: a key of the strings, or an empty one. */
export function concern(chat, room) {
  if (!room.joined) return '';
  if (reaches(chat, room, 'q')) return 'room.leaveFounder';
  const operators = [...room.members.byName.values()].filter((member) => /[~&@]/.test(member.prefixes));
  if (room.members.byName.size > 1 && operators.length === 1 && reaches(chat, room, 'o')) return 'room.leaveOnly';
  return room.modes.has('i') || room.modes.has('k') ? 'room.leaveLocked' : '';
}

/** Leave a room, or close a private conversation. Asks where that has consequences. @returns {Promise<boolean>} whether it did */
export async function leave(app, conversation) {
  const { name } = conversation;
  const text = conversation.kind === 'room' ? concern(app.chat, conversation) : '';
  const words = text && { title: t('room.leaveTitle', { name }), text: t(text), action: t('room.leaveDo') };
  if (words && (await app.dialogs.ask(words)) === undefined) return false;
  app.client.close(conversation);
  return true;
}
