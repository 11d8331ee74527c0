-- The journal, version 8: the entries of a conversation can be read by their kind, the private conversations of an
-- account can be listed, and an entry can be read in several rooms.

DROP INDEX entry_conversation;

-- Within one conversation and kind, entries are in the order of their sequence numbers.
CREATE INDEX entry_place ON entry (conversation, kind) WHERE conversation IS NOT NULL;

-- The private conversations of each account that have a text.
--   account: the folded name of the account.
--   conversation: as in "entry".
CREATE TABLE correspondent (
    account TEXT NOT NULL,
    conversation TEXT NOT NULL,
    PRIMARY KEY (account, conversation)
) WITHOUT ROWID;

INSERT INTO correspondent
SELECT substr(conversation, 1, instr(conversation, ' ') - 1), conversation
FROM (SELECT DISTINCT conversation FROM entry WHERE conversation > '' AND kind = 'told')
UNION
SELECT substr(conversation, instr(conversation, ' ') + 1), conversation
FROM (SELECT DISTINCT conversation FROM entry WHERE conversation > '' AND kind = 'told');

CREATE TRIGGER entry_told AFTER INSERT ON entry WHEN new.kind = 'told' AND new.conversation IS NOT NULL BEGIN
    INSERT OR IGNORE INTO correspondent VALUES
        (substr(new.conversation, 1, instr(new.conversation, ' ') - 1), new.conversation),
        (substr(new.conversation, instr(new.conversation, ' ') + 1), new.conversation);
END;

CREATE TRIGGER entry_untold AFTER DELETE ON entry
WHEN old.kind = 'told' AND old.conversation IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM entry WHERE conversation = old.conversation AND kind = 'told')
BEGIN
    DELETE FROM correspondent WHERE conversation = old.conversation AND account IN (
        substr(old.conversation, 1, instr(old.conversation, ' ') - 1),
        substr(old.conversation, instr(old.conversation, ' ') + 1)
    );
END;

-- The rooms in which an entry without a conversation can be read: those that a user was in when they quit, were killed
-- or changed their nick.
--   conversation, kind, sequence: as in "entry".
--   checksum: the checksum that the entry would have in this conversation.
CREATE TABLE roomentry (
    conversation TEXT NOT NULL,
    kind TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (conversation, kind, sequence)
) WITHOUT ROWID;

CREATE INDEX roomentry_sequence ON roomentry (sequence);

CREATE TRIGGER entry_inrooms AFTER DELETE ON entry WHEN old.kind IN ('sessionended', 'killed', 'renamed') BEGIN
    DELETE FROM roomentry WHERE sequence = old.sequence;
END;
