-- What of reading SQLite says in its own way.

-- name: add-campaign
INSERT INTO campaign (id, name, key, created_at) VALUES (1, :name, :key, :now);

-- name: usage-since
-- Looked at once, when sending begins: a count kept with every mark would cost each letter more than this costs the run.
SELECT CAST(handed_over_at / 60 AS INTEGER) * 60 AS minute, count(*) FROM delivery
WHERE handed_over_at >= CAST(:since / 60 AS INTEGER) * 60 AND (:relay IS NULL OR relay IS NULL OR relay = :relay)
GROUP BY minute ORDER BY minute;
