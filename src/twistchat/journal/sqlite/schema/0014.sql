-- The journal, version 14: the database of a node of a cluster has a snapshot of the state.

-- The snapshot, if there is one.
--   data: what the node needs to go on without the entries before: see twistchat.journal.sqlite.snapshots.
--   checksum: the BLAKE2b hash of the data, of 16 bytes.
CREATE TABLE snapshot (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    data BLOB NOT NULL,
    checksum BLOB NOT NULL
);
