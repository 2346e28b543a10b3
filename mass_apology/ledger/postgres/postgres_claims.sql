-- All of these are about one wave. Each claim is one row with a JSON array, as the decoder wants it.

-- name: planned
-- Canary letters up to :canary_after were claimed before the others, and are passed over.
SELECT '[' || coalesce(string_agg(json::text, ',' ORDER BY id), '') || ']' FROM (
    SELECT id, json FROM letter
    WHERE id > :after AND wave = :wave AND status = 'PLANNED' AND (canary = 0 OR id > :canary_after)
    ORDER BY id LIMIT :limit
) AS claimed;

-- name: canary
SELECT '[' || coalesce(string_agg(json::text, ',' ORDER BY id), '') || ']' FROM (
    SELECT id, json FROM letter
    WHERE canary = 1 AND wave = :wave AND id > greatest(:after, :canary_after) AND status = 'PLANNED'
    ORDER BY id LIMIT :limit
) AS claimed;

-- name: deferred
-- :claimed is a JSON array of the deferred letters that were claimed and have no durable mark since. Only marks can be due:
-- none of a letter that is due again was folded.
SELECT '[' || coalesce(string_agg(json::text, ',' ORDER BY due_at, id), '') || ']' FROM (
    SELECT letter.id, letter.due_at, letter.json
    FROM all_mark AS mark JOIN letter ON letter.id = mark.delivery
    WHERE mark.campaign = this_campaign() AND mark.status = 'DEFERRED' AND mark.due_at <= :now
      AND NOT EXISTS (SELECT 1 FROM all_mark AS later
                      WHERE later.campaign = mark.campaign AND later.delivery = mark.delivery AND later.seq > mark.seq)
      AND letter.wave = :wave AND letter.canary >= :canary
      AND letter.id NOT IN (SELECT value FROM json_each(:claimed))
    ORDER BY letter.due_at, letter.id LIMIT :limit
) AS claimed;

-- name: in-doubt
-- No claim: letters that a person may be about to release. :letters is a JSON array.
SELECT '[' || coalesce(string_agg(json::text, ',' ORDER BY id), '') || ']' FROM letter
WHERE status = 'IN_DOUBT' AND wave = :wave AND id IN (SELECT value FROM json_each(:letters));

-- name: last
SELECT coalesce(max(id), 0) FROM all_delivery WHERE campaign = this_campaign();

-- name: next-due
SELECT min(mark.due_at)
FROM all_mark AS mark JOIN all_delivery AS planned ON planned.campaign = mark.campaign AND planned.id = mark.delivery
WHERE mark.campaign = this_campaign() AND mark.status = 'DEFERRED' AND planned.wave = :wave
  AND NOT EXISTS (SELECT 1 FROM all_mark AS later
                  WHERE later.campaign = mark.campaign AND later.delivery = mark.delivery AND later.seq > mark.seq)
  AND mark.delivery NOT IN (SELECT value FROM json_each(:claimed));
