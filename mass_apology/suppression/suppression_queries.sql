-- name: make
INSERT INTO store (id, secret) VALUES (1, ?);

-- name: secret
SELECT secret FROM store;

-- name: is-empty
-- Where nobody is suppressed, a campaign pays for this alone.
SELECT NOT EXISTS (SELECT 1 FROM entry);

-- name: version
-- Another one after every change by another process.
PRAGMA data_version;

-- name: domains
SELECT key, address, whole_domain, reason, scope, at, source, note FROM entry WHERE whole_domain;

-- name: among
-- In place of "keys" stands a parameter for each, filled up with NULLs, which are equal to nothing.
SELECT key, address, whole_domain, reason, scope, at, source, note FROM entry WHERE key IN (keys);

-- name: put
INSERT OR REPLACE INTO entry (key, address, whole_domain, reason, scope, at, source, note)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: remove
DELETE FROM entry WHERE key = ?;

-- name: page
SELECT key, address, whole_domain, reason, scope, at, source, note FROM entry
WHERE (at, key) > (:at, :key) AND (:reason IS NULL OR reason = :reason)
ORDER BY at, key LIMIT :rows;

-- name: purge
-- A domain is not a person's, and an entry that stops a company's letters must stay readable.
UPDATE entry SET address = NULL, note = '' WHERE at < :before AND address IS NOT NULL AND NOT whole_domain;

-- name: forget
-- All entries that one campaign made, whenever that was.
UPDATE entry SET address = NULL, note = '' WHERE source = :source AND address IS NOT NULL AND NOT whole_domain;

-- name: named
SELECT count(*) FROM entry WHERE address IS NOT NULL AND NOT whole_domain;

-- name: rewrite
-- secure_delete overwrites what is deleted, but not the copies that moving rows between pages has left in unused room.
VACUUM;

-- name: counts
SELECT reason, count(*) FROM entry GROUP BY reason;
