-- A ledger can be moved to another database: one that was is not used here any more.
CREATE TABLE relocation (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    stage TEXT NOT NULL CHECK (stage IN ('arriving', 'gone')),  -- moving.Stage
    place TEXT NOT NULL,  -- from where, or to where
    at    REAL NOT NULL
) STRICT
