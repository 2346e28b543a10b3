-- The files that a wave's letters are made from.

-- name: of-wave
SELECT path, letter_file.sha256, length(data) FROM letter_file
LEFT JOIN letter_content ON letter_content.sha256 = letter_file.sha256
WHERE wave = :wave ORDER BY path;

-- name: content
SELECT data FROM letter_content WHERE sha256 = :sha256;

-- name: forget-wave
DELETE FROM letter_file WHERE wave = :wave;

-- name: forget-content
DELETE FROM letter_content WHERE sha256 = :sha256;

-- name: add-content
INSERT INTO letter_content (sha256, data) VALUES (:sha256, :data);

-- name: add-file
INSERT INTO letter_file (wave, path, sha256) VALUES (:wave, :path, :sha256);

-- name: forget-unused
DELETE FROM letter_content WHERE sha256 NOT IN (SELECT sha256 FROM letter_file);
