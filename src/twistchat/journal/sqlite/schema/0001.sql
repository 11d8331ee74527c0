-- The journal, version 1.  One transaction runs this file and sets PRAGMA user_version to its number.

-- The properties of the journal, in one row.
--   name: distinguishes the message ids of different journals.
--   reserved: no entry has a higher sequence number.
--   time: the last time that was written; entries may have later times.
CREATE TABLE journal (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    name TEXT NOT NULL,
    reserved INTEGER NOT NULL DEFAULT 0,
    time INTEGER NOT NULL DEFAULT 0
);

-- One row per entry, in the order in which they were applied.
--   time: milliseconds since the epoch; not less than that of the row before.
--   conversation: a room's folded name; two folded accounts separated by a space; or NULL if the entry cannot be read
--     back.
--   body: the event, as a JSON object.
CREATE TABLE entry (
    sequence INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    kind TEXT NOT NULL,
    conversation TEXT,
    body TEXT NOT NULL
);

CREATE INDEX entry_conversation ON entry (conversation) WHERE conversation IS NOT NULL;
CREATE INDEX entry_time ON entry (time);

-- The entries that a restart applies: for each topic, mode, mask and rank of an account, the last entry that changed
-- it.  These entries, in order, restore the rooms.
CREATE TABLE holding (
    conversation TEXT NOT NULL,
    key TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (conversation, key)
) WITHOUT ROWID;

CREATE INDEX holding_sequence ON holding (sequence);

CREATE TRIGGER entry_topic AFTER INSERT ON entry WHEN new.kind = 'topic' BEGIN
    INSERT OR REPLACE INTO holding VALUES (new.conversation, 'topic', new.sequence);
END;

-- A rank's subject is [uid, nick, username, host, account, realname].  The rank of a guest ends when they leave.
CREATE TRIGGER entry_modes AFTER INSERT ON entry WHEN new.kind = 'modes' BEGIN
    INSERT OR REPLACE INTO holding
    SELECT new.conversation,
        CASE
            WHEN json_type(value, '$.subject') = 'array'
                THEN json_extract(value, '$.letter') || ' ' || json_extract(value, '$.subject[4]')
            WHEN json_extract(value, '$.letter') IN ('k', 'l') THEN json_extract(value, '$.letter')
            ELSE json_extract(value, '$.letter') || ' ' || coalesce(json_extract(value, '$.parameter'), '')
        END,
        new.sequence
    FROM json_each(new.body, '$.changes')
    WHERE json_type(value, '$.subject') IS NULL OR json_extract(value, '$.subject[4]') IS NOT NULL;
END;

CREATE TRIGGER entry_released AFTER DELETE ON entry WHEN old.kind IN ('topic', 'modes') BEGIN
    DELETE FROM holding WHERE sequence = old.sequence;
END;

-- The rows to search.  A place is a word for a room (r and its name in hexadecimal), or a word for each account of a
-- pair (p and the account), so the word index answers "in these rooms" too.  The trigger for texts in rooms repeats
-- this, because that is faster.
CREATE VIEW searchable AS
SELECT sequence,
    CASE instr(conversation, ' ')
        WHEN 0 THEN 'r' || hex(conversation)
        ELSE 'p' || hex(substr(conversation, 1, instr(conversation, ' ') - 1))
            || ' p' || hex(substr(conversation, instr(conversation, ' ') + 1))
    END AS place,
    json_extract(body, '$.text') AS text
FROM entry WHERE kind IN ('said', 'told') AND conversation IS NOT NULL;

CREATE VIRTUAL TABLE word USING fts5(
    place, text, content = 'searchable', content_rowid = 'sequence', columnsize = 0,
    tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TRIGGER entry_said AFTER INSERT ON entry WHEN new.kind = 'said' BEGIN
    INSERT INTO word (rowid, place, text)
    VALUES (new.sequence, 'r' || hex(new.conversation), json_extract(new.body, '$.text'));
END;

CREATE TRIGGER entry_told AFTER INSERT ON entry WHEN new.kind = 'told' AND new.conversation IS NOT NULL BEGIN
    INSERT INTO word (rowid, place, text) SELECT sequence, place, text FROM searchable WHERE sequence = new.sequence;
END;

CREATE TRIGGER entry_unsaid BEFORE DELETE ON entry WHEN old.kind IN ('said', 'told') BEGIN
    INSERT INTO word (word, rowid, place, text)
    SELECT 'delete', sequence, place, text FROM searchable WHERE sequence = old.sequence;
END;
