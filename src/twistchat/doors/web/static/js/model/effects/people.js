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

export const PEOPLE = {
  AWAY: (chat, line) => chat.people.note(line.source.nick, { away: line.params[0] ?? null }),
  ACCOUNT: account,
  CHGHOST: (chat, line) => chat.people.note(line.source.nick, { user: line.params[0], host: line.params[1] }),
  SETNAME: (chat, line) => chat.people.note(line.source.nick, { realname: line.params[0] }),
  301: (chat, line) => chat.people.note(line.params[1], { away: line.params[2] ?? '' }),
  305: (chat) => chat.session.update({ away: false }),
  306: (chat) => chat.session.update({ away: true }),
  730: monitored(true),
  731: monitored(false),
  900: (chat, line) => chat.session.update({ account: line.params[2] }),
  901: (chat) => chat.session.update({ account: null }),
};
