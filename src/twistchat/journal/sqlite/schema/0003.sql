-- The journal, version 3: texts are indexed later than they are stored, and many at a time.

-- The last sequence number that is indexed.  A search examines later texts itself.
ALTER TABLE journal ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;

UPDATE journal SET indexed = coalesce((SELECT max(sequence) FROM entry), 0);

DROP TRIGGER entry_said;
DROP TRIGGER entry_told;
DROP VIEW searchable;

-- All texts, indexed or not.  A place is a word for a room (r and its name in hexadecimal), or a word for each account
-- of a pair (p and the account), so the word index answers "in these rooms" too.
CREATE VIEW utterance AS
SELECT sequence, kind, conversation,
    CASE kind
        WHEN 'said' THEN 'r' || hex(conversation)
        ELSE 'p' || hex(substr(conversation, 1, instr(conversation, ' ') - 1))
            || ' p' || hex(substr(conversation, instr(conversation, ' ') + 1))
    END AS place,
    json_extract(body, '$.text') AS text
FROM entry WHERE kind IN ('said', 'told') AND conversation IS NOT NULL;

-- The indexed texts, and no others.  So deleting a row removes it from the index only if it is there.
CREATE VIEW searchable AS
SELECT sequence, place, text FROM utterance WHERE sequence <= (SELECT indexed FROM journal);

-- An update of "indexed" indexes the texts up to it.  It never decreases.
CREATE TRIGGER journal_indexed AFTER UPDATE OF indexed ON journal BEGIN
    INSERT INTO word (rowid, place, text)
    SELECT sequence, place, text FROM utterance
    WHERE sequence > old.indexed AND sequence <= new.indexed ORDER BY sequence;
END;

DROP TRIGGER entry_moved;

CREATE TRIGGER entry_moved AFTER UPDATE OF conversation ON entry
WHEN old.kind = 'said' AND old.sequence <= (SELECT indexed FROM journal) BEGIN
    INSERT INTO word (word, rowid, place, text)
    VALUES ('delete', old.sequence, 'r' || hex(old.conversation), json_extract(old.body, '$.text'));
    INSERT INTO word (rowid, place, text)
    VALUES (new.sequence, 'r' || hex(new.conversation), json_extract(new.body, '$.text'));
END;

-- The index needs no merge if it never contained the text.
DROP TRIGGER entry_takenback;

CREATE TRIGGER entry_takenback AFTER INSERT ON entry WHEN new.kind IN ('unsaid', 'untold') BEGIN
    DELETE FROM entry WHERE sequence IN (
        SELECT sequence FROM belonging
        WHERE sequence = json_extract(new.body, '$.taken.sequence')
            AND kind = CASE new.kind WHEN 'unsaid' THEN 'said' ELSE 'told' END
            AND (conversation = new.conversation
                OR new.kind = 'unsaid' AND ltrim(conversation, '~&@%+') = new.conversation)
    );
    UPDATE journal SET unmerged = 1 WHERE json_extract(new.body, '$.taken.sequence') <= indexed;
END;
