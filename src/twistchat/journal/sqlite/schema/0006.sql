-- The journal, version 6: the server deletes redacted texts, and notes renames in "renaming" and "moving", in the
-- transaction that stores the entry (twistchat.journal.sqlite.writing.sideeffects).  The remaining triggers keep the word index
-- equal to the entries.

DROP TRIGGER entry_roomrenamed;
DROP TRIGGER entry_notrenamed;
DROP TRIGGER entry_takenback;
