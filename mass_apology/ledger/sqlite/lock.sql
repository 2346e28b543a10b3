-- name: holder
SELECT fence, host, pid, started, renewed_at FROM lock;

-- name: take
UPDATE lock
SET fence = fence + 1, host = :host, pid = :pid, started = :started, acquired_at = :now, renewed_at = :now
RETURNING fence;

-- name: keep
-- The connection's own memory of the lock it took; see marks.sql.
INSERT INTO held (fence) VALUES (?);

-- name: forget
DELETE FROM held;

-- name: is-held
SELECT (SELECT fence FROM held) IS (SELECT fence FROM lock);

-- name: held-fence
SELECT fence FROM held;

-- name: renew
UPDATE lock SET renewed_at = :now;

-- name: free
UPDATE lock SET host = NULL, pid = NULL, started = NULL, acquired_at = NULL, renewed_at = NULL;
