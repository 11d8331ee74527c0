-- The journal, version 4: each entry has a checksum, and the journal contains the key of the cloaks.

-- The checksum of all other columns.  The function checksum() calls twistchat.journal.sqlite.rows.checksum.
ALTER TABLE entry ADD COLUMN checksum INTEGER;

UPDATE entry SET checksum = checksum(
    sequence, CAST(time AS INTEGER), CAST(kind AS BLOB), CAST(conversation AS BLOB), CAST(body AS BLOB)
);

-- The CRC-32 of "reserved" and "time": see twistchat.journal.sqlite.position.  NULL until they are written next.
ALTER TABLE journal ADD COLUMN checksum INTEGER;

-- Values that never change after the journal was created.
--   checksum: the CRC-32 of the value.
CREATE TABLE constant (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL,
    checksum INTEGER NOT NULL
) WITHOUT ROWID;

-- A damaged body may not be JSON.  Then it has no words, and must not stop the index.
DROP VIEW utterance;

CREATE VIEW utterance AS
SELECT sequence, kind, conversation,
    CASE kind
        WHEN 'said' THEN 'r' || hex(conversation)
        ELSE 'p' || hex(substr(conversation, 1, instr(conversation, ' ') - 1))
            || ' p' || hex(substr(conversation, instr(conversation, ' ') + 1))
    END AS place,
    CASE WHEN typeof(body) = 'text' AND json_valid(body) THEN json_extract(body, '$.text') END AS text
FROM entry WHERE kind IN ('said', 'told') AND conversation IS NOT NULL;

DROP TRIGGER entry_moved;

CREATE TRIGGER entry_moved AFTER UPDATE OF conversation ON entry
WHEN old.kind = 'said' AND old.sequence <= (SELECT indexed FROM journal) AND typeof(old.body) = 'text' AND json_valid(old.body)
BEGIN
    INSERT INTO word (word, rowid, place, text)
    VALUES ('delete', old.sequence, 'r' || hex(old.conversation), json_extract(old.body, '$.text'));
    INSERT INTO word (rowid, place, text)
    VALUES (new.sequence, 'r' || hex(new.conversation), json_extract(new.body, '$.text'));
END;
