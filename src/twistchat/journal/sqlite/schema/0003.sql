-- The journal, version 3: texts get into the word index a little later than on disk, and many at a time.

-- The sequence number up to which texts are in the word index.  Whoever searches goes through those behind it, too.
ALTER TABLE journal ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;

UPDATE journal SET indexed = coalesce((SELECT max(sequence) FROM entry), 0);

DROP TRIGGER entry_said;
DROP TRIGGER entry_told;
DROP VIEW searchable;

-- What can be searched, in the index or not.  A place is one word a room (r and its name in hexadecimal), or one for
-- either account of a pair (p and the account), so that "in these rooms" is a matter of words, too.
CREATE VIEW utterance AS
SELECT sequence, kind, conversation,
    CASE kind
        WHEN 'said' THEN 'r' || hex(conversation)
        ELSE 'p' || hex(substr(conversation, 1, instr(conversation, ' ') - 1))
            || ' p' || hex(substr(conversation, instr(conversation, ' ') + 1))
    END AS place,
    json_extract(body, '$.text') AS text
FROM entry WHERE kind IN ('said', 'told') AND conversation IS NOT NULL;

-- What the word index has, and nothing else: so what is deleted leaves the index exactly if it is in it.
CREATE VIEW searchable AS
SELECT sequence, place, text FROM utterance WHERE sequence <= (SELECT indexed FROM journal);

-- To set "indexed" is to index.  It never goes back.
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

-- The index has nothing to be rid of where it never had the text.
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
