-- The suppressions of one machine, version 1. Times are Unix seconds (UTC). STRICT: a column holds what it says or nothing.

PRAGMA application_id = 1832997717;  -- "mASU": tells a store from other SQLite files
PRAGMA user_version = 1;

-- One row: the secret of the keys below. A key copied out of here is worth nothing without it.
CREATE TABLE store (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    secret BLOB NOT NULL  -- 32 octets
) STRICT;

-- The key is all that finding needs, so the address can go and the suppression stays.
CREATE TABLE entry (
    key          BLOB PRIMARY KEY,  -- BLAKE2b-128 of the folded address, or of the folded "@domain", keyed with the secret
    address      TEXT,              -- as it was given; NULL once it was purged
    whole_domain INTEGER NOT NULL,  -- 1: stands for every address of the domain
    reason       TEXT NOT NULL,
    scope        TEXT NOT NULL,
    at           REAL NOT NULL,
    source       TEXT NOT NULL,
    note         TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX entry_at ON entry (at);  -- for lists and purges; without a rowid it holds the key too
CREATE INDEX entry_domain ON entry (key) WHERE whole_domain;
