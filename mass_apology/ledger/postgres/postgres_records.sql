-- What of reading PostgreSQL says in its own way.

-- name: usage-since
SELECT (floor(handed_over_at / 60) * 60)::bigint AS minute, count(*) FROM delivery
WHERE handed_over_at >= floor(:since / 60.0) * 60
  AND (CAST(:relay AS text) IS NULL OR relay IS NULL OR relay = :relay)
GROUP BY minute ORDER BY minute;

-- name: counts
-- As the common one, in passes over whole tables: the view would look each letter up.
WITH latest AS MATERIALIZED (
    SELECT DISTINCT ON (delivery) delivery, status FROM all_mark WHERE campaign = this_campaign() ORDER BY delivery, seq DESC
), known AS (
    SELECT delivery, status FROM latest
    UNION ALL
    SELECT delivery, status FROM all_outcome AS outcome
    WHERE campaign = this_campaign() AND NOT EXISTS (SELECT 1 FROM latest WHERE latest.delivery = outcome.delivery)
), letters AS MATERIALIZED (
    SELECT status, count(*) AS number
    FROM known JOIN all_delivery AS planned ON planned.campaign = this_campaign() AND planned.id = known.delivery
    WHERE planned.wave = :wave GROUP BY status
)
SELECT status, number FROM letters
UNION ALL
SELECT 'PLANNED', (SELECT count(*) FROM all_delivery WHERE campaign = this_campaign() AND wave = :wave)
                - (SELECT coalesce(sum(number), 0) FROM letters)::bigint
UNION ALL
SELECT 'WITHHELD', count(*) FROM person_set_aside WHERE wave = :wave;

-- name: waves
SELECT wave FROM all_delivery WHERE campaign = this_campaign() GROUP BY wave ORDER BY min(id);
