-- name: prepare
-- A delivery and, as a JSON object, all that its letter is rendered from: the fields of model.Delivery.
CREATE TEMP VIEW letter AS
SELECT delivery.id, status, canary, due_at, json_object(
    'id', delivery.id, 'address', address, 'name', name, 'language', delivery.language, 'time_zone', time_zone,
    'lines', lines, 'rows', rows, 'message_id', message_id, 'attempts', attempts, 'first_tried_at', first_tried_at) AS json
FROM delivery JOIN recipient ON recipient.id = delivery.recipient;

-- Each claim is one row with a JSON array: one step of the statement, whatever the number of letters (see marks.sql).

-- name: planned
-- Canary letters up to :canary_after were claimed before the others, and are passed over.
SELECT '[' || coalesce(group_concat(json), '') || ']' FROM (
    SELECT json FROM letter
    WHERE id > :after AND status = 'PLANNED' AND (canary = 0 OR id > :canary_after)
    ORDER BY id LIMIT :limit
);

-- name: canary
SELECT '[' || coalesce(group_concat(json), '') || ']' FROM (
    SELECT json FROM letter
    WHERE canary = 1 AND id > max(:after, :canary_after) AND status = 'PLANNED'
    ORDER BY id LIMIT :limit
);

-- name: deferred
-- :claimed is a JSON array of the deferred letters that were claimed and have no durable mark since.
SELECT '[' || coalesce(group_concat(json), '') || ']' FROM (
    SELECT json FROM letter
    WHERE status = 'DEFERRED' AND due_at <= :now AND canary >= :canary
      AND id NOT IN (SELECT value FROM json_each(:claimed))
    ORDER BY due_at, id LIMIT :limit
);

-- name: last
SELECT coalesce(max(id), 0) FROM delivery;

-- name: next-due
SELECT min(due_at) FROM delivery
WHERE status = 'DEFERRED' AND id NOT IN (SELECT value FROM json_each(:claimed));
