-- What of reading PostgreSQL says in its own way.

-- name: usage-since
SELECT (floor(handed_over_at / 60) * 60)::bigint AS minute, count(*) FROM delivery
WHERE handed_over_at >= floor(:since / 60.0) * 60
  AND (CAST(:relay AS text) IS NULL OR relay IS NULL OR relay = :relay)
GROUP BY minute ORDER BY minute;

-- name: waves
SELECT wave FROM all_delivery WHERE campaign = this_campaign() GROUP BY wave ORDER BY min(id);
