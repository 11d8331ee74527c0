-- The journal, version 11: the server notes the private conversations of each account in "correspondent", in the
-- transaction that stores their texts (twistchat.journal.sqlite.writing.sideeffects).
-- With any trigger on inserts, SQLite first copies all rows of an INSERT into a temporary table.

DROP TRIGGER entry_told;
