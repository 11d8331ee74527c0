-- The journal, version 2: redactions, renames of rooms, and bans from the server.

-- Renames that are stored and not yet applied or refused: at most one, because nothing is written after it until then.
CREATE TABLE renaming (
    sequence INTEGER PRIMARY KEY,
    origin TEXT NOT NULL,
    target TEXT NOT NULL
);

-- Entries that must move to another conversation: all entries of "origin" that are older than the rename "sequence"
-- belong to "target".  They are moved in small steps, row by row.  Until then, readers look in both conversations.
CREATE TABLE moving (
    sequence INTEGER NOT NULL,
    origin TEXT NOT NULL,
    target TEXT NOT NULL,
    PRIMARY KEY (sequence, origin)
) WITHOUT ROWID;

-- Texts to a rank (their conversation is the rank's prefix and the room's name) move with the room.
CREATE TRIGGER entry_roomrenamed AFTER INSERT ON entry WHEN new.kind = 'roomrenamed' BEGIN
    INSERT INTO renaming VALUES (new.sequence, json_extract(new.body, '$.origin'), new.conversation);
    INSERT INTO moving
    SELECT new.sequence, prefix || origin, prefix || target
    FROM renaming JOIN (SELECT column1 AS prefix FROM (VALUES (''), ('~'), ('&'), ('@'), ('%'), ('+')))
    WHERE renaming.sequence = new.sequence AND origin <> target AND (
        EXISTS (SELECT 1 FROM entry WHERE conversation = prefix || origin AND sequence < new.sequence)
        OR EXISTS (SELECT 1 FROM moving AS earlier WHERE earlier.target = prefix || renaming.origin)
    );
END;

-- The rename was refused.
CREATE TRIGGER entry_notrenamed AFTER DELETE ON entry
WHEN old.kind = 'roomrenamed' AND EXISTS (SELECT 1 FROM renaming WHERE sequence = old.sequence) BEGIN
    DELETE FROM renaming WHERE sequence = old.sequence;
    DELETE FROM moving WHERE sequence = old.sequence;
END;

-- The word index contains the conversation under which an entry is stored.
CREATE TRIGGER entry_moved AFTER UPDATE OF conversation ON entry WHEN old.kind = 'said' BEGIN
    INSERT INTO word (word, rowid, place, text)
    VALUES ('delete', old.sequence, 'r' || hex(old.conversation), json_extract(old.body, '$.text'));
    INSERT INTO word (rowid, place, text)
    VALUES (new.sequence, 'r' || hex(new.conversation), json_extract(new.body, '$.text'));
END;

-- The conversation that each entry belongs to, wherever it is stored.
CREATE VIEW belonging AS
SELECT sequence, kind, (
    WITH RECURSIVE way (step, name) AS (
        SELECT 0, entry.conversation
        UNION ALL
        SELECT moving.sequence, moving.target FROM way JOIN moving ON moving.sequence = (
            SELECT min(later.sequence) FROM moving AS later
            WHERE later.origin = way.name AND later.sequence > way.step AND later.sequence > entry.sequence
        ) AND moving.origin = way.name
    )
    SELECT name FROM way ORDER BY step DESC LIMIT 1
) AS conversation
FROM entry;

-- Whether the word index contains words of redacted texts: 0 no; 1 yes, because it keeps the words of a deleted row
-- until it merges its segments; 2 it is being merged.
ALTER TABLE journal ADD COLUMN unmerged INTEGER NOT NULL DEFAULT 0;

-- A redaction deletes the text, which may be a text to a rank.
CREATE TRIGGER entry_takenback AFTER INSERT ON entry WHEN new.kind IN ('unsaid', 'untold') BEGIN
    DELETE FROM entry WHERE sequence IN (
        SELECT sequence FROM belonging
        WHERE sequence = json_extract(new.body, '$.taken.sequence')
            AND kind = CASE new.kind WHEN 'unsaid' THEN 'said' ELSE 'told' END
            AND (conversation = new.conversation
                OR new.kind = 'unsaid' AND ltrim(conversation, '~&@%+') = new.conversation)
    );
    UPDATE journal SET unmerged = 1;
END;

-- "holding" also contains the bans from the server, with the conversation ''; and the renames of a room after the
-- oldest entry that holds one of its keys, because that entry has an earlier name of the room.
CREATE TRIGGER entry_banned AFTER INSERT ON entry WHEN new.kind = 'banned' BEGIN
    INSERT OR REPLACE INTO holding VALUES ('', 'ban ' || json_extract(new.body, '$.mask'), new.sequence);
END;

CREATE TRIGGER entry_unbanned AFTER INSERT ON entry WHEN new.kind = 'unbanned' BEGIN
    DELETE FROM holding WHERE conversation = '' AND key = 'ban ' || json_extract(new.body, '$.mask');
END;

-- The key of each change of modes: of a flag, a parameter, a mask in a list, or a rank of an account.  The subject of a
-- rank is a list, whose fifth item is the account.  The rank of a guest has no key.
CREATE VIEW change AS
SELECT entry.sequence, json_each.key AS place,
    CASE
        WHEN json_type(value, '$.subject') = 'array'
            THEN json_extract(value, '$.letter') || ' ' || json_extract(value, '$.subject[4]')
        WHEN json_extract(value, '$.letter') IN ('k', 'l', 'f') THEN json_extract(value, '$.letter')
        ELSE json_extract(value, '$.letter') || ' ' || coalesce(json_extract(value, '$.parameter'), '')
    END AS key,
    value
FROM entry JOIN json_each(entry.body, '$.changes')
WHERE entry.kind = 'modes'
    AND (json_type(value, '$.subject') IS NULL OR json_extract(value, '$.subject[4]') IS NOT NULL);

DROP TRIGGER entry_modes;

CREATE TRIGGER entry_modes AFTER INSERT ON entry WHEN new.kind = 'modes' BEGIN
    INSERT OR REPLACE INTO holding
    SELECT new.conversation, key, new.sequence FROM change WHERE sequence = new.sequence;
END;

DROP TRIGGER entry_released;

CREATE TRIGGER entry_released AFTER DELETE ON entry WHEN old.kind IN ('topic', 'modes', 'roomrenamed', 'banned') BEGIN
    DELETE FROM holding WHERE sequence = old.sequence;
END;
