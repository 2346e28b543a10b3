-- name: schema
-- A plan in the making. Rows are only appended while the file is read; the index is made when all of them are there, which
-- costs a fraction of keeping it up to date. No table has the name of one of the ledger's, so that statements over both
-- read the same wherever the two are attached.
CREATE TABLE staged (
    id              INTEGER PRIMARY KEY,  -- in the order of the file
    identity        INTEGER NOT NULL,
    mailbox         INTEGER NOT NULL,
    customer        INTEGER,
    person          INTEGER,
    address         TEXT NOT NULL,
    name            TEXT NOT NULL,
    language        TEXT NOT NULL,
    time_zone       TEXT NOT NULL,
    letter_language TEXT NOT NULL,
    message_id      TEXT NOT NULL,
    lines           TEXT NOT NULL,        -- JSON array
    rows            TEXT NOT NULL,        -- JSON array of objects
    priority        INTEGER NOT NULL      -- letters with a higher one leave before
) STRICT;
CREATE TABLE set_aside (
    line     INTEGER NOT NULL,
    identity INTEGER,  -- whose row it is; NULL where nobody can tell
    address  TEXT NOT NULL,
    reason   TEXT NOT NULL,
    row      TEXT NOT NULL  -- JSON object
) STRICT;
CREATE TABLE kept (record BLOB NOT NULL, stamp BLOB NOT NULL) STRICT;  -- one row, once the plan is to be kept
CREATE TABLE conflict (staged INTEGER PRIMARY KEY, differs TEXT NOT NULL) STRICT;  -- JSON array of field names
CREATE TABLE shared (  -- letters that several persons get together
    staged  INTEGER PRIMARY KEY,
    persons INTEGER NOT NULL,  -- how many
    names   TEXT NOT NULL      -- JSON array: the first ones
) STRICT;
CREATE TABLE further (  -- keys of letters that several customers get together, besides those in "staged"
    staged   INTEGER NOT NULL,
    customer INTEGER,  -- NULL: a row has no key, so it may be anybody's
    UNIQUE (staged, customer)
) STRICT;
CREATE INDEX further_by_customer ON further (customer);
CREATE VIEW customer_of_staged AS  -- every key of every letter
SELECT id AS staged, customer FROM staged
UNION ALL
SELECT further.staged, further.customer FROM further JOIN staged ON staged.id = further.staged;
CREATE TABLE respelled (staged INTEGER PRIMARY KEY, addresses TEXT NOT NULL) STRICT;  -- JSON array: spellings of one mailbox
CREATE TABLE merged (
    staged          INTEGER PRIMARY KEY,
    customer        INTEGER,
    person          INTEGER,
    name            TEXT NOT NULL,
    language        TEXT NOT NULL,
    time_zone       TEXT NOT NULL,
    letter_language TEXT NOT NULL,
    lines           TEXT NOT NULL,
    rows            TEXT NOT NULL,
    priority        INTEGER NOT NULL
) STRICT;
CREATE TABLE surplus (staged INTEGER PRIMARY KEY) STRICT;
-- Who is a recipient of the ledger already: see meeting.sql.
CREATE TABLE matched (staged INTEGER PRIMARY KEY, recipient INTEGER NOT NULL UNIQUE) STRICT;
CREATE TABLE told (staged INTEGER PRIMARY KEY, recipient INTEGER NOT NULL) STRICT;  -- letters to whom all had one elsewhere
CREATE TABLE met (  -- both, with what becomes of them
    staged     INTEGER PRIMARY KEY,
    recipient  INTEGER NOT NULL,
    fate       TEXT NOT NULL,     -- see the statement "compare"
    number     INTEGER,           -- of the letter that there is and that stays
    due        INTEGER NOT NULL,  -- 1: a letter is still to be written
    own_code   TEXT,
    moved      INTEGER NOT NULL,  -- 1: the file has another mailbox
    renamed    INTEGER NOT NULL,  -- 1: the file has another name
    renumbered INTEGER NOT NULL   -- 1: the file's keys take the place of the ledger's
) STRICT;
CREATE TABLE reidentified (staged INTEGER PRIMARY KEY, identity INTEGER NOT NULL, message_id TEXT NOT NULL) STRICT;
CREATE TABLE superseded (recipient INTEGER PRIMARY KEY) STRICT;  -- whose letter is due, and whose mailbox gets another one
CREATE TABLE written (staged INTEGER PRIMARY KEY, status TEXT NOT NULL, at REAL) STRICT;  -- new letters to mailboxes that have one
CREATE TABLE doubtful (letter INTEGER PRIMARY KEY) STRICT;  -- letters in doubt whose recipients are not staged
CREATE TABLE offered (place INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE) STRICT;  -- codes, in the order of their file
CREATE TABLE taken (code TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;                    -- codes of the ledger's recipients
CREATE TABLE allotted (staged INTEGER PRIMARY KEY, code TEXT NOT NULL) STRICT;
CREATE VIEW wanting AS  -- who is to have a code and has none, each with a place in the queue for them
SELECT staged.id AS staged, row_number() OVER (ORDER BY staged.id) AS place
FROM staged LEFT JOIN met ON met.staged = staged.id
WHERE own_code IS NULL AND coalesce(met.due, 1);
CREATE VIEW free AS
SELECT code, row_number() OVER (ORDER BY place) AS place FROM offered WHERE code NOT IN (SELECT code FROM taken);

-- name: add
INSERT INTO staged (identity, mailbox, customer, person, address, name, language, time_zone, letter_language, message_id, lines, rows, priority)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: set-aside
INSERT INTO set_aside (line, identity, address, reason, row) VALUES (?, ?, ?, ?, ?);

-- name: index-identity
CREATE INDEX IF NOT EXISTS staged_identity ON staged (identity);

-- name: index-mailbox
CREATE INDEX IF NOT EXISTS staged_mailbox ON staged (mailbox);

-- name: index-customer
CREATE INDEX IF NOT EXISTS staged_customer ON staged (customer) WHERE customer IS NOT NULL;

-- name: repeated
-- All rows of letters that have several, letter by letter, in the order of the file. Fields: ledger.merging.Row.
SELECT id, identity, customer, person, address, name, language, time_zone, letter_language, lines, rows, names, priority
FROM staged LEFT JOIN shared ON shared.staged = staged.id
WHERE identity IN (SELECT identity FROM staged GROUP BY identity HAVING count(*) > 1)
ORDER BY identity, id;

-- name: add-merged
INSERT INTO merged (staged, customer, person, name, language, time_zone, letter_language, lines, rows, priority)
VALUES (:staged, :customer, :person, :name, :language, :time_zone, :letter_language, :lines, :rows, :priority);

-- name: add-shared
INSERT OR REPLACE INTO shared (staged, persons, names) VALUES (?, ?, ?);

-- name: add-respelled
INSERT OR REPLACE INTO respelled (staged, addresses) VALUES (?, ?);

-- name: add-further
INSERT OR IGNORE INTO further (staged, customer) VALUES (?, ?);

-- name: add-surplus
INSERT INTO surplus (staged) VALUES (?);

-- name: add-conflict
INSERT OR IGNORE INTO conflict (staged, differs) VALUES (?, ?);

-- name: merge
UPDATE staged
SET customer = merged.customer, person = merged.person, name = merged.name, language = merged.language,
    time_zone = merged.time_zone, letter_language = merged.letter_language, lines = merged.lines, rows = merged.rows,
    priority = merged.priority
FROM merged WHERE staged.id = merged.staged;

-- name: drop-surplus
DELETE FROM staged WHERE id IN (SELECT staged FROM surplus);

-- name: forget-merged
DELETE FROM merged;

-- name: forget-surplus
DELETE FROM surplus;

-- name: kept
SELECT record FROM kept WHERE stamp = ?;

-- name: keep
INSERT INTO kept (record, stamp) VALUES (?, ?);

-- name: forget-kept
DELETE FROM kept;

-- name: count-offered
SELECT count(*) FROM offered;

-- name: conflicts
SELECT conflict.staged, lines, differs, address FROM conflict JOIN staged ON staged.id = conflict.staged ORDER BY conflict.staged LIMIT ?;

-- name: drop-conflicting
DELETE FROM staged WHERE id IN (SELECT staged FROM conflict);

-- name: set-letter-aside
INSERT INTO set_aside (line, identity, address, reason, row)
SELECT value, identity, address, :reason, json_extract(rows, '$[' || key || ']')
FROM staged, json_each(lines) WHERE staged.id = :staged;

-- name: drop-letter
DELETE FROM staged WHERE id = ?;

-- name: forget-conflicts
DELETE FROM conflict;

-- name: count-letters
SELECT count(*) FROM staged;

-- name: count-rows
SELECT coalesce(sum(json_array_length(lines)), 0) FROM staged;

-- name: count-set-aside
SELECT count(*) FROM set_aside;

-- name: count-conflicts
SELECT count(*) FROM conflict;

-- name: languages
SELECT letter_language, count(*) FROM staged GROUP BY letter_language ORDER BY count(*) DESC, letter_language;

-- name: domains
-- rtrim takes away all that is not "@" from the end: a quoted local part may hold another "@".
SELECT substr(address, length(rtrim(address, replace(address, '@', ''))) + 1) AS domain, count(*)
FROM staged GROUP BY domain ORDER BY count(*) DESC, domain LIMIT ?;

-- name: shared
-- Letters that several persons get together.
SELECT address, persons, names, lines FROM shared JOIN staged ON staged.id = shared.staged ORDER BY staged.id;

-- name: respelled
SELECT addresses, lines FROM respelled JOIN staged ON staged.id = respelled.staged ORDER BY staged.id;

-- name: of-several-rows
SELECT letter_language, address, lines, rows FROM staged WHERE instr(lines, ',') ORDER BY id;

-- name: mailboxes-repeated
-- Where each customer gets a letter: letters to one mailbox, mailbox by mailbox.
SELECT mailbox, address, name, lines FROM staged
WHERE mailbox IN (SELECT mailbox FROM staged GROUP BY mailbox HAVING count(*) > 1)
ORDER BY mailbox, id;

-- name: customers-repeated
-- Where each mailbox gets a letter: letters to one customer, customer by customer.
SELECT customer, address, name, lines FROM staged
WHERE customer IN (SELECT customer FROM staged WHERE customer IS NOT NULL GROUP BY customer HAVING count(*) > 1)
ORDER BY customer, id;

-- name: leaving
SELECT letter FROM doubtful;

-- name: offer
INSERT OR IGNORE INTO offered (code) VALUES (?);

-- name: forget-taken
DELETE FROM taken;

-- name: take
INSERT INTO taken (code) SELECT code FROM code;

-- name: forget-allotted
DELETE FROM allotted;

-- name: allot
INSERT INTO allotted (staged, code) SELECT wanting.staged, free.code FROM wanting JOIN free ON free.place = wanting.place;

-- name: count-wanting
SELECT count(*) FROM wanting;

-- name: count-free
SELECT count(*) FROM free;

-- name: outdated
SELECT lines FROM met JOIN staged ON staged.id = met.staged WHERE fate = 'outdated' ORDER BY staged.id LIMIT ?;

-- name: changed
-- Those whose letter is not due any more and whose data changed, as the file has them now. Not those whose letter is in
-- another mailbox: a correction follows the letter that it corrects.
SELECT recipient, address, name, language, time_zone, lines, rows
FROM met JOIN staged ON staged.id = met.staged WHERE fate = 'outdated' AND NOT moved ORDER BY staged.id;

-- name: moved
-- Those whose letter is not due any more and went to another mailbox than the file has now.
SELECT lines, address FROM met JOIN staged ON staged.id = met.staged WHERE fate = 'outdated' AND moved ORDER BY staged.id;

-- name: written
SELECT lines, name, address, status, at FROM written JOIN staged ON staged.id = written.staged ORDER BY staged.id LIMIT ?;

-- name: count-written
SELECT count(*) FROM written JOIN staged ON staged.id = written.staged;

-- name: count-met
SELECT count(*) FROM met JOIN staged ON staged.id = met.staged;

-- name: fates
SELECT fate, count(*) FROM met GROUP BY fate;

-- name: is-prioritised
SELECT EXISTS (SELECT 1 FROM staged WHERE priority <> 0);

-- name: deliveries
-- Numbers are those that the letters will have in the ledger.
SELECT id, address, name, letter_language, time_zone, lines, rows, message_id, number, code FROM (
    SELECT staged.id, address, name, letter_language, time_zone, lines, rows, fate,
           coalesce((SELECT own.message_id FROM reidentified AS own WHERE own.staged = staged.id), message_id) AS message_id,
           coalesce(met.number, :last + sum(met.number IS NULL) OVER (ORDER BY staged.id)) AS number,
           coalesce(own_code, (SELECT code FROM allotted WHERE allotted.staged = staged.id), '') AS code
    FROM staged LEFT JOIN met ON met.staged = staged.id
)
WHERE :everyone OR fate IS NULL OR fate IN ('new', 'returned', 'updated')
ORDER BY id;
