-- What a log says of letters. The tables are the connection's own, and go with it.

-- name: prepare
CREATE TEMP TABLE IF NOT EXISTS told (  -- what became of a letter, as far as the log says
    token         TEXT PRIMARY KEY,
    wave          TEXT NOT NULL,
    line          INTEGER,          -- where the first of its rows starts in the file as it is, or NULL where that is another one
    status        TEXT NOT NULL,    -- ACCEPTED, REFUSED, EXPIRED or IN_DOUBT
    at            REAL NOT NULL,
    attempts      INTEGER NOT NULL,
    code          INTEGER,
    enhanced_code TEXT,
    reply         TEXT
);
CREATE TEMP TABLE IF NOT EXISTS expected (token TEXT PRIMARY KEY, recipient INTEGER NOT NULL) WITHOUT ROWID;
CREATE TEMP TABLE IF NOT EXISTS own (token TEXT PRIMARY KEY, recipient INTEGER NOT NULL) WITHOUT ROWID;  -- of first letters
CREATE TEMP TABLE IF NOT EXISTS standing (line INTEGER PRIMARY KEY, recipient INTEGER NOT NULL);
CREATE TEMP TABLE IF NOT EXISTS aside (line INTEGER PRIMARY KEY);  -- rows that are not written to
CREATE TEMP TABLE IF NOT EXISTS found (  -- whose letter it was: another one for each ledger it left with
    token     TEXT PRIMARY KEY,
    recipient INTEGER NOT NULL,
    wave      TEXT NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS matched (
    token     TEXT NOT NULL UNIQUE,
    recipient INTEGER NOT NULL,
    wave      TEXT NOT NULL,
    PRIMARY KEY (recipient, wave)
);
