-- Personal data out of the ledger. What stays: ids, the identities' hashes, statuses, codes, times, digests.

-- name: newest
SELECT max(coalesce(marked_at, planned_at)) FROM delivery;

-- name: due
SELECT count(*) FROM delivery WHERE status IN ('PLANNED', 'DEFERRED', 'HANDING_OVER');

-- name: recipients
UPDATE recipient SET address = '', name = '', rows = '[{}]', customer = NULL, person = NULL;

-- name: replies
-- Servers like to repeat the address in what they say.
UPDATE delivery SET reply = NULL
WHERE reply IS NOT NULL AND (code IS NOT NULL OR status IN ('BOUNCED', 'COMPLAINED'));

-- name: letters
-- A subject may hold a name. Codes stay: they name nobody, and none may be given out again.
UPDATE delivery SET subject = NULL WHERE subject IS NOT NULL;

-- name: withheld
UPDATE withheld SET address = '', row = '{}';

-- name: feedback
UPDATE feedback SET address = '', detail = '';

-- name: compact
-- Without it the old pages would stay in the file.
VACUUM;

-- name: checkpoint
PRAGMA wal_checkpoint(TRUNCATE);
