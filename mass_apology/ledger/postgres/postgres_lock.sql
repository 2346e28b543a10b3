-- The row that everybody changes first who changes anything of the campaign.

-- name: change
UPDATE all_lock SET changes = changes + 1 WHERE campaign = this_campaign()
RETURNING epoch, host, pid, started, extract(epoch FROM clock_timestamp())::float8 - renewed_at;

-- name: take
-- What was asked of an earlier holder is void.
UPDATE all_lock
SET epoch = epoch + 1, host = :host, pid = :pid, started = :started, wanted = 'run',
    acquired_at = extract(epoch FROM clock_timestamp()), renewed_at = extract(epoch FROM clock_timestamp())
WHERE campaign = this_campaign() RETURNING epoch;

-- name: next-epoch
UPDATE all_lock SET epoch = epoch + 1, renewed_at = extract(epoch FROM clock_timestamp())
WHERE campaign = this_campaign() RETURNING epoch;

-- name: renew
UPDATE all_lock SET renewed_at = extract(epoch FROM clock_timestamp())
WHERE campaign = this_campaign() AND epoch = :epoch;

-- name: free
UPDATE lock SET host = NULL, pid = NULL, started = NULL, acquired_at = NULL, renewed_at = NULL WHERE epoch = :epoch;

-- name: holder
SELECT host, pid, started, extract(epoch FROM clock_timestamp())::float8 - renewed_at FROM lock;

-- name: request
UPDATE lock SET wanted = :wanted;

-- name: stop-sharing
DELETE FROM all_shared_wave WHERE campaign = this_campaign();

-- name: changes
SELECT changes FROM lock;
