-- name: schema
-- A plan in the making. Rows are only appended while the file is read; the index is made when all of them are there, which
-- costs a fraction of keeping it up to date. No table has the name of one of the ledger's, so that statements over both
-- read the same wherever the two are attached.
CREATE TABLE staged (
    id              INTEGER PRIMARY KEY,  -- in the order of the file
    identity        INTEGER NOT NULL,
    address         TEXT NOT NULL,
    name            TEXT NOT NULL,
    language        TEXT NOT NULL,
    time_zone       TEXT NOT NULL,
    letter_language TEXT NOT NULL,
    message_id      TEXT NOT NULL,
    lines           TEXT NOT NULL,        -- JSON array
    rows            TEXT NOT NULL         -- JSON array of objects
) STRICT;
CREATE TABLE set_aside (
    line    INTEGER NOT NULL,
    address TEXT NOT NULL,
    reason  TEXT NOT NULL,
    row     TEXT NOT NULL  -- JSON object
) STRICT;
CREATE TABLE conflict (staged INTEGER PRIMARY KEY, differs TEXT NOT NULL) STRICT;  -- JSON array of field names
CREATE TABLE merged (staged INTEGER PRIMARY KEY, lines TEXT NOT NULL, rows TEXT NOT NULL) STRICT;
CREATE TABLE surplus (staged INTEGER PRIMARY KEY) STRICT;
CREATE TABLE met (  -- who is a recipient in the ledger already
    staged    INTEGER PRIMARY KEY,
    recipient INTEGER NOT NULL,
    fate      TEXT NOT NULL,  -- see the statement "compare"
    number    INTEGER,        -- of the letter that there is and that stays
    due       INTEGER NOT NULL,  -- 1: a letter is still to be written
    own_code  TEXT
) STRICT;
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
INSERT INTO staged (identity, address, name, language, time_zone, letter_language, message_id, lines, rows)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: set-aside
INSERT INTO set_aside (line, address, reason, row) VALUES (?, ?, ?, ?);

-- name: index
CREATE INDEX IF NOT EXISTS staged_identity ON staged (identity);

-- name: repeated
-- All rows of those who have several, person by person, in the order of the file.
SELECT id, identity, address, name, language, time_zone, lines, rows FROM staged
WHERE identity IN (SELECT identity FROM staged GROUP BY identity HAVING count(*) > 1)
ORDER BY identity, id;

-- name: add-merged
INSERT INTO merged (staged, lines, rows) VALUES (?, ?, ?);

-- name: add-surplus
INSERT INTO surplus (staged) VALUES (?);

-- name: add-conflict
INSERT OR IGNORE INTO conflict (staged, differs) VALUES (?, ?);

-- name: merge
UPDATE staged SET lines = merged.lines, rows = merged.rows FROM merged WHERE staged.id = merged.staged;

-- name: drop-surplus
DELETE FROM staged WHERE id IN (SELECT staged FROM surplus);

-- name: forget-merged
DELETE FROM merged;

-- name: forget-surplus
DELETE FROM surplus;

-- name: conflicts
SELECT conflict.staged, lines, differs, address FROM conflict JOIN staged ON staged.id = conflict.staged ORDER BY conflict.staged LIMIT ?;

-- name: drop-conflicting
DELETE FROM staged WHERE id IN (SELECT staged FROM conflict);

-- name: set-letter-aside
INSERT INTO set_aside (line, address, reason, row)
SELECT value, address, :reason, json_extract(rows, '$[' || key || ']')
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

-- name: spellings
-- lower() leaves all but ASCII letters alone, which is cautious enough for a warning.
SELECT group_concat(DISTINCT address) FROM staged
GROUP BY lower(address) HAVING count(DISTINCT address) > 1 ORDER BY min(id) LIMIT ?;

-- name: attach
ATTACH ? AS ledger;

-- name: detach
DETACH ledger;

-- name: forget-met
DELETE FROM met;

-- name: compare
-- What becomes of those whom the ledger knows. new: they have no letter in this wave. returned: theirs was withheld when
-- their row left the file, and the row is back. known: nothing changed. updated: the letter is still due and the data
-- changed. outdated: it is not due any more and the data changed. A person may stand on other lines of the file without
-- anything having changed.
INSERT INTO met (staged, recipient, number, due, own_code, fate)
SELECT staged.id, recipient.id,
       iif(delivery.status = 'WITHHELD', NULL, delivery.id),
       coalesce(delivery.status IN ('WITHHELD', 'PLANNED', 'DEFERRED'), 1),
       (SELECT code FROM code WHERE code.recipient = recipient.id),
       CASE
           WHEN delivery.id IS NULL THEN 'new'
           WHEN delivery.status = 'WITHHELD' THEN 'returned'
           WHEN (recipient.address, recipient.name, recipient.language, recipient.time_zone, recipient.rows, delivery.language)
              = (staged.address, staged.name, staged.language, staged.time_zone, staged.rows, staged.letter_language)
               THEN 'known'
           WHEN delivery.status IN ('PLANNED', 'DEFERRED') THEN 'updated'
           ELSE 'outdated'
       END
FROM staged  -- CROSS: in this order, as SQLite cannot know which of the two is longer
CROSS JOIN recipient ON recipient.identity = staged.identity
LEFT JOIN delivery ON delivery.recipient = recipient.id AND delivery.wave = :wave
ORDER BY staged.id;

-- name: last-number
-- Of the letters that stay: one that was withheld is planned anew, with the next number.
SELECT coalesce(max(id), 0) FROM delivery
WHERE NOT (wave = :wave AND recipient IN (SELECT recipient FROM met WHERE fate = 'returned'));

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

-- name: count-missing
-- Letters still due to recipients of whom the file has no sendable row any more. For the ledger see also withhold-missing.
SELECT count(*) FROM delivery
WHERE wave = :wave AND status IN ('PLANNED', 'DEFERRED') AND recipient NOT IN (SELECT recipient FROM met);

-- name: outdated
SELECT lines FROM met JOIN staged ON staged.id = met.staged WHERE fate = 'outdated' ORDER BY staged.id LIMIT ?;

-- name: changed
-- Those whose letter is not due any more and whose data changed, as the file has them now.
SELECT recipient, address, name, language, time_zone, lines, rows
FROM met JOIN staged ON staged.id = met.staged WHERE fate = 'outdated' ORDER BY staged.id;

-- name: fates
SELECT fate, count(*) FROM met GROUP BY fate;

-- name: deliveries
-- Numbers are those that the letters will have in the ledger.
SELECT id, address, name, letter_language, time_zone, lines, rows, message_id, number, code FROM (
    SELECT staged.id, address, name, letter_language, time_zone, lines, rows, message_id, fate,
           coalesce(met.number, :last + sum(met.number IS NULL) OVER (ORDER BY staged.id)) AS number,
           coalesce(own_code, (SELECT code FROM allotted WHERE allotted.staged = staged.id), '') AS code
    FROM staged LEFT JOIN met ON met.staged = staged.id
)
WHERE :everyone OR fate IS NULL OR fate IN ('new', 'returned', 'updated')
ORDER BY id;
