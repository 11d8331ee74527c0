/** The texts of the keyboard shortcuts. */
export const SHORTCUTS = {
  'keys.title': 'Keyboard shortcuts',
  'keys.help': 'Show these shortcuts',
  'keys.next': 'Go to the next region: rooms, messages, message field, members',
  'keys.previous': 'Go to the region before',
  'keys.escape': 'Close a dialog or a menu',
  'keys.send': 'Send the message',
  'keys.newline': 'Begin a new line in the message',
  'keys.recall': 'Bring back what you sent before, in an empty message field',
  'keys.complete': 'Complete a name, a room, a command or an emoji',
  'keys.rows': 'Go from message to message, in the messages',
  'keys.ends': 'Go to the first or the last message shown, in the messages',
  'keys.search': 'Search',
};
