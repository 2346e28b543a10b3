-- The files that a wave's letters are made from, which a ledger in a database has: they come along when it is moved here.
CREATE TABLE letter_content (
    sha256 BLOB PRIMARY KEY,
    data   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE letter_file (
    wave   TEXT NOT NULL,
    path   TEXT NOT NULL,  -- from the campaign's folder, with slashes
    sha256 BLOB NOT NULL,  -- of its content
    PRIMARY KEY (wave, path)
) STRICT, WITHOUT ROWID
