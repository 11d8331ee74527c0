-- The journal, version 9: texts are found by their authors, and parts of words are found in scripts without spaces.

DROP VIEW searchable;
DROP VIEW utterance;

-- All texts, indexed or not.
--   place: a word for a room (r and its name in hexadecimal), or a word for each account of a pair (p and the account);
--     then a word for the author's nick, and one for the author's account if it differs (s and the name).  So the word
--     index answers "in these rooms" and "from this author" too.
--   text: the text; but each character of a script without spaces becomes a word, which is that character and the next
--     one of such a script, if it follows directly, in hexadecimal.  So a search for adjacent words of this kind finds
--     any part of a text.  The ranges of these characters are twistchat.journal.history.words.SPACELESS.
-- A damaged body may not be JSON.  Then the row has neither words nor an author, and does not stop the index.
CREATE VIEW utterance AS
SELECT sequence, kind, conversation,
    CASE kind
        WHEN 'said' THEN 'r' || hex(conversation)
        ELSE 'p' || hex(substr(conversation, 1, instr(conversation, ' ') - 1))
            || ' p' || hex(substr(conversation, instr(conversation, ' ') + 1))
    END
        || CASE WHEN nick IS NULL THEN '' ELSE ' s' || hex(nick) END
        || CASE WHEN account IS NULL OR account = nick THEN '' ELSE ' s' || hex(account) END AS place,
    CASE
        WHEN length(raw) < length(CAST(raw AS BLOB)) AND raw GLOB '*[฀-໿က-႟ᄀ-ᇿក-៿々-〇぀-㆏ㇰ-ㇿ㐀-䶿一-鿿가-힣豈-﫿ｦ-ﾟ𠀀-𿿿]*' THEN (
            WITH RECURSIVE letter (position, pair) AS (
                SELECT 1, substr(raw, 1, 2)
                UNION ALL
                SELECT position + 1, substr(raw, position + 1, 2) FROM letter WHERE length(pair) = 2
            )
            SELECT group_concat(
                CASE
                    WHEN pair GLOB '[฀-໿က-႟ᄀ-ᇿក-៿々-〇぀-㆏ㇰ-ㇿ㐀-䶿一-鿿가-힣豈-﫿ｦ-ﾟ𠀀-𿿿][฀-໿က-႟ᄀ-ᇿក-៿々-〇぀-㆏ㇰ-ㇿ㐀-䶿一-鿿가-힣豈-﫿ｦ-ﾟ𠀀-𿿿]' THEN ' ' || hex(pair) || ' '
                    WHEN pair GLOB '[฀-໿က-႟ᄀ-ᇿក-៿々-〇぀-㆏ㇰ-ㇿ㐀-䶿一-鿿가-힣豈-﫿ｦ-ﾟ𠀀-𿿿]*' THEN ' ' || hex(substr(pair, 1, 1)) || ' '
                    ELSE substr(pair, 1, 1)
                END, '')
            FROM letter
        )
        ELSE raw
    END AS text
FROM (
    SELECT sequence, kind, conversation, json_extract(good, '$.text') AS raw,
        lower(json_extract(good, '$.by[1]')) AS nick, lower(json_extract(good, '$.by[4]')) AS account
    FROM (
        SELECT sequence, kind, conversation,
            CASE WHEN typeof(body) = 'text' AND json_valid(body) THEN body END AS good
        FROM entry WHERE kind IN ('said', 'told') AND conversation IS NOT NULL
    )
);

-- The indexed texts, and no others.  So deleting a row removes it from the index only if it is there.
CREATE VIEW searchable AS
SELECT sequence, place, text FROM utterance WHERE sequence <= (SELECT indexed FROM journal);

DROP TRIGGER entry_moved;

CREATE TRIGGER entry_moving BEFORE UPDATE OF conversation ON entry
WHEN old.kind = 'said' AND typeof(old.body) = 'text' AND json_valid(old.body) BEGIN
    INSERT INTO word (word, rowid, place, text)
    SELECT 'delete', sequence, place, text FROM searchable WHERE sequence = old.sequence;
END;

CREATE TRIGGER entry_moved AFTER UPDATE OF conversation ON entry
WHEN old.kind = 'said' AND typeof(old.body) = 'text' AND json_valid(old.body) BEGIN
    INSERT INTO word (rowid, place, text) SELECT sequence, place, text FROM searchable WHERE sequence = new.sequence;
END;

-- Index all texts anew.
INSERT INTO word (word) VALUES ('rebuild');
