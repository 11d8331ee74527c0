/** Return a copy of metadata with a key set, or removed if the value is undefined. */
function withKey(metadata, key, value) {
  const copy = new Map(metadata);
  if (value === undefined) copy.delete(key);
  else copy.set(key, value);
  return copy;
}

function note(chat, target, key, value) {
  const name = target === '*' ? chat.session.nick : target;
  if (chat.isupport.isRoom(name)) {
    const room = chat.conversations.get(name);
    room?.update({ metadata: withKey(room.metadata, key, value) });
  } else {
    chat.people.note(name, { metadata: withKey(chat.people.get(name)?.metadata, key, value) });
  }
}

/** Source: IRCv3 metadata. 761 and 766 are those of draft/metadata-3, METADATA that of draft/metadata-2. */
export const METADATA = {
  761: (chat, line) => note(chat, line.params[1], line.params[2], line.params[4] ?? ''),
  766: (chat, line) => note(chat, line.params[1], line.params[2], undefined),
  774: (chat, line) => chat.tell('syncLater', { target: line.params[1], seconds: Number(line.params[2]) || 0 }),
  METADATA: (chat, line) => note(chat, line.params[0], line.params[1], line.params[3]),
};
