-- Which ledger this is, which runs and other ledgers it knows of, and what it knows of the letters in a log.

-- name: origin
SELECT ledger, folder, log_size, log_end, suppressions, suppressed FROM origin;

-- name: use-suppressions
UPDATE origin SET suppressions = :path, suppressed = :entries;

-- name: take-over
-- The ledger is rebuilt as the one that was lost, so that its letters have the Message-IDs they had.
UPDATE origin SET ledger = :ledger;

-- name: take-key
UPDATE campaign SET key = :key;

-- name: agree
UPDATE origin SET log_size = :log_size, log_end = :log_end;

-- name: begin-run
INSERT INTO run (id, began_at) VALUES (:run, :now) ON CONFLICT DO NOTHING;

-- name: knows-run
SELECT EXISTS (SELECT 1 FROM run WHERE id = :run);

-- name: replace
INSERT INTO replaced (ledger, at) VALUES (:ledger, :now) ON CONFLICT DO NOTHING;

-- name: replaced
SELECT ledger FROM replaced;

-- name: gone
-- What has left, as far as it never becomes less: letters handed over, and those of them that the relay took.
SELECT count(*), count(accepted_at) FROM delivery
WHERE accepted_at IS NOT NULL OR status IN ('HANDING_OVER', 'IN_DOUBT', 'BOUNCED', 'COMPLAINED');

-- name: spread
-- At most so many addresses that are not forgotten, from equal distances of the plan.
WITH RECURSIVE place (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM place WHERE number + 1 < :most),
    plan (lowest, length) AS (SELECT min(id), max(id) - min(id) + 1 FROM recipient)
SELECT DISTINCT address FROM (
    SELECT (SELECT address FROM recipient WHERE id >= lowest + number * length / :most ORDER BY id LIMIT 1) AS address
    FROM place, plan
) AS place WHERE address <> '';

-- name: by-number
-- What is known of letters that a log names by their number.
SELECT id, substr(message_id, 2, instr(message_id, '@') - 2), attempts, handed_over_at IS NOT NULL, status NOT IN ('PLANNED', 'DEFERRED', 'WITHHELD')
FROM delivery WHERE id IN (SELECT value FROM json_each(:numbers));

-- name: between
SELECT id, substr(message_id, 2, instr(message_id, '@') - 2), attempts, handed_over_at IS NOT NULL, status NOT IN ('PLANNED', 'DEFERRED', 'WITHHELD')
FROM delivery WHERE id BETWEEN :first AND :last;

-- name: all-letters
SELECT id, substr(message_id, 2, instr(message_id, '@') - 2), attempts, handed_over_at IS NOT NULL, status NOT IN ('PLANNED', 'DEFERRED', 'WITHHELD')
FROM delivery ORDER BY id;
