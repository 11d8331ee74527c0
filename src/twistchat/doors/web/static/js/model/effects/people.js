/** Take a list such as `alice!a@host,bob` of MONITOR. */
function monitored(online) {
  return (chat, line) => {
    for (const item of (line.params[1] ?? '').split(',').filter(Boolean)) chat.people.note(item.split('!')[0], { online });
  };
}

function account(chat, line) {
  const name = line.params[0] === '*' ? null : line.params[0];
  chat.people.note(line.source.nick, { account: name });
  if (chat.isSelf(line.source.nick)) chat.session.update({ account: name });
}

/** Take a user of a list that `Rooms.look` asked for: nick, flags (G: gone), account, realname. Source: IRCv3 whox. */
function looked(chat, line) {
  if (line.params[1] !== '7' || line.params.length !== 6) return;
  const [, , nick, flags, account, realname] = line.params;
  const away = flags.startsWith('G') ? (chat.people.get(nick)?.away ?? '') : null;
  chat.people.note(nick, { away, account: account === '0' ? null : account, realname });
}

export const PEOPLE = {
  AWAY: (chat, line) => chat.people.note(line.source.nick, { away: line.params[0] ?? null }),
  ACCOUNT: account,
  CHGHOST: (chat, line) => chat.people.note(line.source.nick, { user: line.params[0], host: line.params[1] }),
  SETNAME: (chat, line) => chat.people.note(line.source.nick, { realname: line.params[0] }),
  301: (chat, line) => chat.people.note(line.params[1], { away: line.params[2] ?? '' }),
  354: looked,
  305: (chat) => chat.session.update({ away: false }),
  306: (chat) => chat.session.update({ away: true }),
  730: monitored(true),
  731: monitored(false),
  900: (chat, line) => chat.session.update({ account: line.params[2] }),
  901: (chat) => chat.session.update({ account: null }),
};
