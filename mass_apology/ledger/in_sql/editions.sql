-- What letters were made from, so that those with a mistake can be told from those without.

-- name: add
INSERT INTO edition (wave, digest, digest_parts, first_at) VALUES (:wave, :digest, :digest_parts, :now) ON CONFLICT DO NOTHING;

-- name: of
SELECT id FROM edition WHERE wave = :wave AND digest = :digest;

-- name: all
SELECT wave, digest, digest_parts, first_at,
       (SELECT count(*) FROM delivery WHERE edition = edition.id AND accepted_at IS NOT NULL) AS letters
FROM edition ORDER BY id;
