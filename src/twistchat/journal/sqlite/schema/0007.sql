-- The journal, version 7: accounts.  An event of an account whose entry holds no key any more is deleted.

-- The entries with late changes (twistchat.journal.sqlite.writing.accepting) that were stored, and neither applied nor refused.
CREATE TABLE undecided (sequence INTEGER PRIMARY KEY);

-- New conversations in "holding": '@' and the folded name of an account.  The keys are those of
-- twistchat.chat.model.holding.
