-- What letters were made from, so that those with a mistake can be told from those without.

-- name: add
INSERT OR IGNORE INTO edition (wave, digest, digest_parts, first_at) VALUES (:wave, :digest, :digest_parts, :now);

-- name: forget
DELETE FROM made_from;

-- name: keep
-- The connection's own memory; see marks.sql.
INSERT INTO made_from (edition) SELECT id FROM edition WHERE wave = :wave AND digest = :digest;

-- name: all
SELECT wave, digest, digest_parts, first_at,
       (SELECT count(*) FROM delivery WHERE edition = edition.id AND accepted_at IS NOT NULL) AS letters
FROM edition ORDER BY id;
