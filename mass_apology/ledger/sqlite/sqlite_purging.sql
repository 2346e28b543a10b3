-- What of a purge is SQLite's own business.

-- name: letters
-- Servers like to repeat the address in what they say, a reason names a list's source, and a subject may hold a name.
UPDATE delivery SET reply = NULL, subject = NULL WHERE reply IS NOT NULL OR subject IS NOT NULL;

-- name: compact
-- Without it the old pages would stay in the file.
VACUUM;

-- name: checkpoint
PRAGMA wal_checkpoint(TRUNCATE);
