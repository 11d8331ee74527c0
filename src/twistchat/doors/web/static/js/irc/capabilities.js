/** What the page requests, if the server offers it. Of the names in a list, the first that is offered. */
export const WANTED = [
  'batch', 'message-tags', 'server-time', 'echo-message', 'labeled-response', 'standard-replies', 'cap-notify', 'sasl',
  'account-tag', 'account-notify', 'extended-join', 'away-notify', 'multi-prefix', 'userhost-in-names', 'chghost', 'setname',
  'invite-notify', 'extended-monitor',
  ['draft/chathistory', 'chathistory'],
  ['draft/event-playback', 'event-playback'],
  ['draft/read-marker', 'read-marker'],
  ['draft/multiline', 'multiline'],
  ['draft/message-redaction', 'message-redaction'],
  ['draft/metadata-3', 'draft/metadata-2'],
  ['draft/channel-rename', 'channel-rename'],
  ['twistchat.org/search', 'soju.im/search'],
  ['draft/account-registration', 'account-registration'],
];

/** Capabilities that were offered and enabled. Source: IRCv3 capability-negotiation. */
export class Capabilities {
  constructor() {
    /** Name to value. @type {Map<string, string>} */
    this.offered = new Map();
    /** @type {Set<string>} */
    this.enabled = new Set();
  }

  /** Take an offer: the last parameter of CAP LS or CAP NEW. */
  offer(list) {
    for (const item of list.split(' ').filter(Boolean)) {
      const [name, value = ''] = item.split(/=(.*)/s);
      this.offered.set(name, value);
    }
  }

  /** Take the last parameter of CAP ACK. */
  acknowledge(list) {
    for (const name of list.split(' ').filter(Boolean)) {
      if (name.startsWith('-')) this.enabled.delete(name.slice(1));
      else this.enabled.add(name);
    }
  }

  /** Take the last parameter of CAP DEL. */
  withdraw(list) {
    for (const name of list.split(' ').filter(Boolean)) {
      this.offered.delete(name);
      this.enabled.delete(name);
    }
  }

  /** Return the names to request: wanted, offered, and not enabled yet. */
  missing() {
    const names = WANTED.map((wanted) => [wanted].flat().find((name) => this.offered.has(name)));
    return names.filter((name) => name !== undefined && !this.enabled.has(name));
  }

  /** Whether a capability is enabled, by its name without `draft/`. */
  has(name) {
    return this.enabled.has(name) || this.enabled.has(`draft/${name}`);
  }

  /** Return the value of an offer such as `max-bytes=4096,max-lines=100` as an object. */
  values(name) {
    const text = this.offered.get(name) ?? this.offered.get(`draft/${name}`) ?? '';
    return Object.fromEntries(text.split(',').filter(Boolean).map((pair) => {
      const [key, value = ''] = pair.split(/=(.*)/s);
      return [key, value];
    }));
  }
}
