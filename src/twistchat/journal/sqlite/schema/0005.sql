-- The journal, version 5: the server computes which keys an entry holds (twistchat.chat.model.holding), and writes them
-- to the table "holding" in the transaction that stores the entry.  The rows of the table do not change.
--   conversation: the room's folded name; '' for a ban from the server.
--   key: 'topic'; a mode's letter, and its parameter or account; 'ban ' and a mask; or 'renamed ' and the
--     sequence number of the entry that renamed the room.
--   sequence: the entry that holds it.

DROP TRIGGER entry_topic;
DROP TRIGGER entry_modes;
DROP TRIGGER entry_banned;
DROP TRIGGER entry_unbanned;
DROP TRIGGER entry_released;
DROP VIEW change;
