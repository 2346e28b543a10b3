-- name: holder
SELECT epoch, host, pid, started, renewed_at FROM lock;

-- name: take
-- What was asked of an earlier holder is void.
UPDATE lock
SET epoch = epoch + 1, host = :host, pid = :pid, started = :started, acquired_at = :now, renewed_at = :now, wanted = 'run'
RETURNING epoch;

-- name: keep
-- The connection's own memory of the lock it took; see marks.sql.
INSERT INTO held (epoch) VALUES (?);

-- name: forget
DELETE FROM held;

-- name: is-held
SELECT (SELECT epoch FROM held) IS (SELECT epoch FROM lock);

-- name: held-epoch
SELECT epoch FROM held;

-- name: renew
UPDATE lock SET renewed_at = :now;

-- name: free
UPDATE lock SET host = NULL, pid = NULL, started = NULL, acquired_at = NULL, renewed_at = NULL;

-- name: request
UPDATE lock SET wanted = :wanted;
