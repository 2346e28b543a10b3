-- The ledger of one campaign, version 12. Times are Unix seconds (UTC). STRICT: a column holds what it says or nothing.
-- Everything a letter is rendered from stands here, so that sending continues without the recipients file.

PRAGMA application_id = 1833062479;  -- "mAPO": tells a ledger from other SQLite files
PRAGMA user_version = 13;

-- One row: which campaign this is, and the plan that was made last.
CREATE TABLE campaign (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    name         TEXT NOT NULL,
    key          BLOB NOT NULL,               -- 32 secret octets, the key of the Message-IDs
    created_at   REAL NOT NULL,
    digest_parts TEXT NOT NULL DEFAULT '{}',  -- JSON object: what was planned from (file, template, …) → its digest
    header       TEXT NOT NULL DEFAULT '[]'   -- JSON array: the column names of the recipients file
) STRICT;

-- One row: which ledger this is, and where it was last sent from. A copy has another place and is another file; a copy that
-- was put back lacks what was recorded since. Device and inode are text: some systems number beyond 64 signed bits.
CREATE TABLE origin (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    ledger   TEXT NOT NULL,               -- 32 random hexadecimal digits, made with the ledger
    host     TEXT NOT NULL,
    folder   TEXT NOT NULL,               -- absolute path
    device   TEXT NOT NULL,
    inode    TEXT NOT NULL,
    suppressions TEXT NOT NULL DEFAULT '',  -- absolute path of the suppression list that was used last
    suppressed INTEGER NOT NULL DEFAULT 0,  -- entries that it had then
    log_size INTEGER NOT NULL DEFAULT 0,  -- of log.jsonl, octets: so far it tells nothing that is not recorded here
    log_end  TEXT NOT NULL DEFAULT ''     -- SHA-256 of the last octets before that, to know the log again
) STRICT;

-- Runs that were begun: a copy that was put back lacks the last ones.
CREATE TABLE run (
    id       TEXT PRIMARY KEY,  -- 32 random hexadecimal digits
    began_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- Ledgers of the campaign that this one takes the place of, because a person said so.
CREATE TABLE replaced (
    ledger TEXT PRIMARY KEY,
    at     REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: who may write, and what a person asks of them. The epoch grows with every holder and is looked at in every
-- transaction, so that a process whose lock was taken over hands nothing over any more. A free lock has no host.
CREATE TABLE lock (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    epoch       INTEGER NOT NULL,
    host        TEXT,
    pid         INTEGER,
    started     TEXT,  -- tells the process from a later one with its pid; empty where the system does not say
    acquired_at REAL,
    renewed_at  REAL,
    wanted      TEXT NOT NULL DEFAULT 'run' CHECK (wanted IN ('run', 'pause', 'stop'))  -- sender_state.Control
) STRICT;

INSERT INTO lock (id, epoch) VALUES (1, 0);

-- At most one row: what the last run said of itself last, about once a second, for whoever watches.
CREATE TABLE sender_report (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    epoch  INTEGER NOT NULL,
    report TEXT NOT NULL  -- JSON object: sender_state.SenderReport
) STRICT;

-- A person to write to. Ids are given in the order of the file, so letters go out in that order.
CREATE TABLE recipient (
    id        INTEGER PRIMARY KEY,
    identity  INTEGER NOT NULL UNIQUE,  -- what the Message-IDs of this recipient are made from: never changes
    mailbox   INTEGER NOT NULL,         -- 64-bit hash of the address, however it is spelled
    customer  INTEGER,                  -- of the key, as the letter was for it; NULL where no key was named
    person    INTEGER,                  -- of the name, as the file had it last; NULL where there is none, or several
    address   TEXT NOT NULL,
    name      TEXT NOT NULL,
    language  TEXT NOT NULL,            -- what the row asks for
    time_zone TEXT NOT NULL,
    lines     TEXT NOT NULL,            -- JSON array: line numbers in the recipients file
    rows      TEXT NOT NULL,            -- JSON array of objects: the rows' non-empty fields
    left_at   REAL                      -- when a plan first found no usable row of theirs in the file; NULL while there is one
) STRICT;

-- The other keys of recipients who are several customers of one mailbox.
CREATE TABLE further_customer (
    recipient INTEGER NOT NULL REFERENCES recipient (id),
    customer  INTEGER NOT NULL,
    PRIMARY KEY (recipient, customer)
) STRICT, WITHOUT ROWID;

CREATE VIEW customer_of_recipient AS
SELECT id AS recipient, customer FROM recipient WHERE customer IS NOT NULL
UNION ALL
SELECT recipient, customer FROM further_customer;

-- What letters of a wave were made from: one row for each different set of files. The digest is over the parts.
CREATE TABLE edition (
    id           INTEGER PRIMARY KEY,
    wave         TEXT NOT NULL,
    digest       TEXT NOT NULL,  -- SHA-256, hexadecimal
    digest_parts TEXT NOT NULL,  -- JSON object, as of the campaign's plan
    first_at     REAL NOT NULL,  -- when sending from it began
    UNIQUE (wave, digest)
) STRICT;

-- The largest letter of a wave, as it was planned last: whether a relay takes it is known before anything leaves. Octets.
CREATE TABLE largest_letter (
    wave    TEXT PRIMARY KEY,
    octets  INTEGER NOT NULL,
    encoded INTEGER NOT NULL,  -- the same letter for a relay that takes no 8bit content
    line    INTEGER NOT NULL   -- where its first row starts in the recipients file
) STRICT, WITHOUT ROWID;

-- Codes for recipients, such as vouchers: each is somebody's for good, and nobody has two.
CREATE TABLE code (
    code      TEXT PRIMARY KEY,
    recipient INTEGER NOT NULL UNIQUE REFERENCES recipient (id)
) STRICT, WITHOUT ROWID;

-- Which remedy a recipient chose, of those a letter offers; the last choice counts.
CREATE TABLE choice (
    delivery  INTEGER NOT NULL REFERENCES delivery (id),  -- the letter whose token was used
    remedy    TEXT NOT NULL,
    chosen_at REAL NOT NULL,
    source    TEXT NOT NULL,  -- the file or mailbox it was read from
    PRIMARY KEY (delivery, remedy, chosen_at)
) STRICT, WITHOUT ROWID;

-- One recipient in one wave, in exactly one status. The id is the letter's outgoing number. The Message-ID is fixed here, before anything is sent.
CREATE TABLE delivery (
    id             INTEGER PRIMARY KEY,
    recipient      INTEGER NOT NULL REFERENCES recipient (id),
    wave           TEXT NOT NULL,
    status         TEXT NOT NULL,
    message_id     TEXT NOT NULL,
    language       TEXT NOT NULL,               -- the letter's
    canary         INTEGER NOT NULL DEFAULT 0,  -- 1: goes before the others
    attempts       INTEGER NOT NULL DEFAULT 0,
    planned_at     REAL NOT NULL,
    first_tried_at REAL,     -- the first mark; giving up counts from here
    due_at         REAL,     -- for DEFERRED: not before
    handed_over_at REAL,     -- the last time the final dot was about to be written
    accepted_at    REAL,
    marked_at      REAL,     -- the last change of status
    code           INTEGER,  -- the last reply, its enhanced code, and its text or what happened instead of one
    enhanced_code  TEXT,
    reply          TEXT,
    sha256         BLOB,     -- of the message's octets
    subject        TEXT,     -- the message's, when it was handed over last
    edition        INTEGER REFERENCES edition (id),  -- what it was made from then
    epoch          INTEGER,  -- of who handed it over then, as in lock
    repeats        INTEGER REFERENCES delivery (id),  -- the letter that this one is once more; NULL where it is none
    same_id        INTEGER NOT NULL DEFAULT 0,  -- 1: its header has that letter's Message-ID, and not its own
    relay          TEXT,     -- through which it was handed over last; NULL where the campaign has one without a name
    stays          INTEGER NOT NULL DEFAULT 0,  -- 1: it was in doubt, so it goes through no other relay any more
    UNIQUE (recipient, wave)
) STRICT;

-- PLANNED letters need no index: they are claimed by ascending id from where the last claim ended. HANDING_OVER needs none
-- either: it is looked for once, when sending begins, and every letter would pay for the index twice.
CREATE INDEX delivery_deferred ON delivery (due_at) WHERE status = 'DEFERRED';
CREATE INDEX delivery_canary ON delivery (id) WHERE canary = 1;

-- From which status a letter may go to which: model.TRANSITIONS, put here when the ledger is made or opened for writing.
CREATE TABLE transition (
    before TEXT NOT NULL,
    after  TEXT NOT NULL,
    PRIMARY KEY (before, after)
) STRICT, WITHOUT ROWID;

-- Whatever statement changes a letter, it can only go where the table has a way.
CREATE TRIGGER delivery_begins BEFORE INSERT ON delivery WHEN NEW.status <> 'PLANNED'
BEGIN
    SELECT RAISE(ABORT, 'illegal transition');
END;

CREATE TRIGGER delivery_changes BEFORE UPDATE OF status ON delivery
WHEN NOT EXISTS (SELECT 1 FROM transition WHERE before = OLD.status AND after = NEW.status)
BEGIN
    SELECT RAISE(ABORT, 'illegal transition');
END;

-- Only a letter that never left may be forgotten.
CREATE TRIGGER delivery_ends BEFORE DELETE ON delivery WHEN OLD.status <> 'WITHHELD'
BEGIN
    SELECT RAISE(ABORT, 'illegal transition');
END;

-- Rows of the recipients file that cannot be written to, as the last plan of their wave found them.
CREATE TABLE withheld (
    wave        TEXT NOT NULL,
    line        INTEGER NOT NULL,
    identity    INTEGER,        -- whose row it is, as recipient.identity; NULL where nobody can tell
    recipient   INTEGER REFERENCES recipient (id),  -- the same, where the ledger knows them
    address     TEXT NOT NULL,
    reason      TEXT NOT NULL,
    row         TEXT NOT NULL,  -- JSON object: the row's non-empty fields, as far as they can be told
    withheld_at REAL NOT NULL
) STRICT;

CREATE INDEX withheld_wave ON withheld (wave, line);
CREATE INDEX withheld_recipient ON withheld (recipient) WHERE recipient IS NOT NULL;

-- People whose rows were set aside and who have no letter in that wave, each once, however many rows they have. Rows of
-- somebody who has a letter are not counted beside it: it may have been sent before they were spoilt, or from other rows.
CREATE VIEW person_set_aside AS
SELECT wave, min(line) AS line, json_group_array(line) AS lines, address,
       iif(min(reason) = max(reason), min(reason), group_concat('Line ' || line || ': ' || reason, ' ')) AS reason,
       json_group_array(json(row)) AS rows, withheld_at
FROM (SELECT * FROM withheld ORDER BY wave, line) AS withheld
WHERE NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.recipient = withheld.recipient AND delivery.wave = withheld.wave)
GROUP BY wave, coalesce('person ' || identity, 'line ' || line);

-- Consent to a further wave: no more letters than these, from just these files. An unattended run goes by it.
CREATE TABLE armed (
    wave         TEXT PRIMARY KEY,
    at           REAL NOT NULL,
    by           TEXT NOT NULL,     -- who typed the number
    letters      INTEGER NOT NULL,  -- of the whole wave, at the most
    digest_parts TEXT NOT NULL      -- JSON object, as of the campaign's plan
) STRICT;

-- What came back: every message or event once, with a row for each recipient it speaks of.
CREATE TABLE feedback (
    key      TEXT NOT NULL,     -- SHA-256 of the message or event
    part     INTEGER NOT NULL,  -- 0 for the first recipient it speaks of
    read_at  REAL NOT NULL,
    at       REAL,              -- the message's own date, as claimed
    kind     TEXT NOT NULL,     -- bounces.report.Kind
    cause    TEXT,              -- of a failure: bounces.report.Cause
    delivery INTEGER REFERENCES delivery (id),  -- whose letter it is about; NULL where it could not be told
    proven   INTEGER NOT NULL,  -- 1: matched by something that an outsider cannot guess
    address  TEXT NOT NULL,     -- as reported; empty where it is not, or was purged
    detail   TEXT NOT NULL,     -- what the last server said, or the subject
    becomes  TEXT,              -- the status that it gives its letter, until that is done: a letter on its way waits
    said     TEXT,              -- what the letter's record says then
    PRIMARY KEY (key, part)
) STRICT, WITHOUT ROWID;

CREATE INDEX feedback_delivery ON feedback (delivery) WHERE delivery IS NOT NULL;
CREATE INDEX feedback_waiting ON feedback (delivery) WHERE becomes IS NOT NULL;

-- What was done that somebody may ask about later: a lock taken over, letters in doubt sent again.
CREATE TABLE note (
    at   REAL NOT NULL,
    what TEXT NOT NULL
) STRICT;

-- At most one row: the ledger is not in use here. It is being brought here, or has gone elsewhere and left nothing but this.
CREATE TABLE relocation (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    stage TEXT NOT NULL CHECK (stage IN ('arriving', 'gone')),  -- moving.Stage
    place TEXT NOT NULL,  -- from where, or to where
    at    REAL NOT NULL
) STRICT;

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
) STRICT, WITHOUT ROWID;
