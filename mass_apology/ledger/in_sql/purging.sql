-- Personal data out of the ledger. What stays: ids, the identities' hashes, statuses, reply codes, times, digests, Message-IDs.

-- name: newest
SELECT max(coalesce(marked_at, planned_at)) FROM delivery;

-- name: unfinished
-- Letters that are due or on their way, and those in doubt, which only a person or the relay's log can settle.
SELECT count(*) FILTER (WHERE status <> 'IN_DOUBT'), count(*) FILTER (WHERE status = 'IN_DOUBT') FROM delivery
WHERE status IN ('PLANNED', 'DEFERRED', 'HANDING_OVER', 'IN_DOUBT');

-- name: named
-- People that the ledger still tells anything of: recipients, and others whose rows were set aside.
SELECT (SELECT count(*) FROM recipient WHERE address <> '' OR name <> '' OR rows <> '[{}]')
     + (SELECT count(DISTINCT coalesce('person ' || identity, 'line ' || line)) FROM withheld
        WHERE recipient IS NULL AND (address <> '' OR reason <> '' OR row <> '{}'));

-- name: recipients
UPDATE recipient SET address = '', name = '', rows = '[{}]', customer = NULL, person = NULL;

-- name: further-customers
DELETE FROM further_customer;

-- name: withheld
-- A reason quotes the cell that cannot be used.
UPDATE withheld SET address = '', row = '{}', reason = '';

-- name: feedback
UPDATE feedback SET address = '', detail = '', said = NULL;

-- name: choices
-- A mailbox's address may be a person's.
UPDATE choice SET source = '';

-- name: consents
UPDATE armed SET by = '';

-- name: header
-- A file without a header has a customer in its place.
UPDATE campaign SET header = '[]';

-- name: letter-files
DELETE FROM letter_file;

-- name: letter-contents
-- Files that some customers have attached are theirs.
DELETE FROM letter_content;

-- name: notes
-- Notes tell who approved, who armed, and what was chosen by.
SELECT rowid, what FROM note;

-- name: set-note
UPDATE note SET what = :what WHERE rowid = :note;
