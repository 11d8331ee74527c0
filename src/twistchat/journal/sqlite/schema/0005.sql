-- The journal, version 5: the server says what an entry holds (twistchat.chat.model.holding), and writes it to the table
-- "holding" in the transaction that stores the entry.  The rows of the table stay as they are.
--   conversation: the room's folded name; '' for a ban from the server.
--   key: what is held: 'topic'; a mode's letter, and its parameter or account; 'ban ' and a mask; or 'renamed ' and the
--     sequence number of the entry that renamed the room.
--   sequence: the entry that holds it.

DROP TRIGGER entry_topic;
DROP TRIGGER entry_modes;
DROP TRIGGER entry_banned;
DROP TRIGGER entry_unbanned;
DROP TRIGGER entry_released;
DROP VIEW change;
