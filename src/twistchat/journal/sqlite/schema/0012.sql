-- The journal, version 12: the audit trail can be read.

-- The acts of administrators, in the order of their sequence numbers.
CREATE INDEX entry_act ON entry (kind) WHERE kind = 'act';
