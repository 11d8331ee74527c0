-- The journal, version 10: the texts of an account are erased.

-- Accounts whose texts are being erased, in steps.  A row is deleted when nothing of the texts is left in the file.
--   sequence: the entry that asks for it.  Only earlier entries are erased.
--   account: the folded name of the account.
--   examined: the last sequence number that was examined.
CREATE TABLE forgetting (
    sequence INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    examined INTEGER NOT NULL DEFAULT 0
);
