-- The connection's own memory of what letters are made from now; see marks.sql.

-- name: forget
DELETE FROM made_from;

-- name: keep
INSERT INTO made_from (edition) VALUES (:edition);
