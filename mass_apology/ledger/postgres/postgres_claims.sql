-- All of these are about one wave. Each claim is one row with a JSON array, as the decoder wants it. Which letters it has is
-- found first, by their index and in its order, and only then what they are rendered from.

-- name: planned
-- A letter is PLANNED while nothing is known of it. Canary letters up to :canary_after were claimed before the others, and
-- are passed over.
WITH found AS MATERIALIZED (
    SELECT planned.id FROM all_delivery AS planned
    WHERE planned.campaign = this_campaign() AND planned.id > :after AND planned.wave = :wave
      AND (planned.canary = 0 OR planned.id > :canary_after)
      AND (SELECT 1 FROM all_mark AS mark
           WHERE mark.campaign = planned.campaign AND mark.delivery = planned.id LIMIT 1) IS NULL
      AND (SELECT 1 FROM all_outcome AS outcome
           WHERE outcome.campaign = planned.campaign AND outcome.delivery = planned.id) IS NULL
    ORDER BY planned.campaign, planned.id LIMIT :limit
)
SELECT '[' || coalesce(string_agg(json::text, ',' ORDER BY id), '') || ']' FROM found JOIN letter USING (id);

-- name: canary
WITH found AS MATERIALIZED (
    SELECT planned.id FROM all_delivery AS planned
    WHERE planned.campaign = this_campaign() AND planned.canary = 1 AND planned.wave = :wave
      AND planned.id > greatest(:after, :canary_after)
      AND (SELECT 1 FROM all_mark AS mark
           WHERE mark.campaign = planned.campaign AND mark.delivery = planned.id LIMIT 1) IS NULL
      AND (SELECT 1 FROM all_outcome AS outcome
           WHERE outcome.campaign = planned.campaign AND outcome.delivery = planned.id) IS NULL
    ORDER BY planned.campaign, planned.id LIMIT :limit
)
SELECT '[' || coalesce(string_agg(json::text, ',' ORDER BY id), '') || ']' FROM found JOIN letter USING (id);

-- name: deferred
-- :claimed is a JSON array of the deferred letters that were claimed and have no durable mark since. Only marks can be due:
-- none of a letter that is due again was folded.
WITH found AS MATERIALIZED (
    SELECT mark.delivery AS id, mark.due_at FROM all_mark AS mark
    WHERE mark.campaign = this_campaign() AND mark.status = 'DEFERRED' AND mark.due_at <= :now
      AND (SELECT later.seq FROM all_mark AS later
           WHERE later.campaign = mark.campaign AND later.delivery = mark.delivery ORDER BY later.seq DESC LIMIT 1) = mark.seq
      AND (SELECT planned.id FROM all_delivery AS planned
           WHERE planned.campaign = mark.campaign AND planned.id = mark.delivery AND planned.wave = :wave
             AND planned.canary >= :canary) IS NOT NULL
      AND mark.delivery NOT IN (SELECT value FROM json_each(:claimed))
    ORDER BY mark.due_at, mark.delivery LIMIT :limit
)
SELECT '[' || coalesce(string_agg(json::text, ',' ORDER BY found.due_at, id), '') || ']' FROM found JOIN letter USING (id);

-- name: claimed
-- Letters that were claimed before. :letters is a JSON array.
SELECT '[' || coalesce(string_agg(json::text, ',' ORDER BY id), '') || ']' FROM letter
WHERE status IN ('PLANNED', 'DEFERRED') AND wave = :wave AND id IN (SELECT value FROM json_each(:letters));

-- name: in-doubt
-- No claim: letters that a person may be about to release. :letters is a JSON array.
SELECT '[' || coalesce(string_agg(json::text, ',' ORDER BY id), '') || ']' FROM letter
WHERE status = 'IN_DOUBT' AND wave = :wave AND id IN (SELECT value FROM json_each(:letters));

-- name: last
SELECT coalesce(max(id), 0) FROM all_delivery WHERE campaign = this_campaign();

-- name: next-due
SELECT min(mark.due_at) FROM all_mark AS mark
WHERE mark.campaign = this_campaign() AND mark.status = 'DEFERRED'
  AND (SELECT later.seq FROM all_mark AS later
       WHERE later.campaign = mark.campaign AND later.delivery = mark.delivery ORDER BY later.seq DESC LIMIT 1) = mark.seq
  AND (SELECT planned.id FROM all_delivery AS planned
       WHERE planned.campaign = mark.campaign AND planned.id = mark.delivery AND planned.wave = :wave) IS NOT NULL
  AND mark.delivery NOT IN (SELECT value FROM json_each(:claimed));
