-- name: prepare
-- A delivery and, as a JSON object, all that its letter is rendered from: the fields of model.Delivery. A letter that goes
-- once more under its Message-ID answers what the first answered, and nothing answers it.
CREATE TEMP VIEW letter AS
SELECT delivery.id, wave, status, canary, due_at, json_object(
    'id', delivery.id, 'address', address, 'name', name, 'language', delivery.language, 'time_zone', time_zone,
    'lines', lines, 'rows', rows, 'message_id', message_id, 'wave', wave,
    'thread', json(iif(wave = 'first', '[]', (
        SELECT json_group_array(message_id) FROM (
            SELECT earlier.message_id FROM delivery AS earlier
            WHERE earlier.recipient = delivery.recipient AND earlier.id < iif(delivery.same_id, delivery.repeats, delivery.id)
              AND earlier.accepted_at IS NOT NULL AND NOT earlier.same_id
            ORDER BY earlier.id)))),
    'thread_subject', iif(wave = 'first', '', coalesce((
        SELECT earlier.subject FROM delivery AS earlier
        WHERE earlier.recipient = delivery.recipient AND earlier.id < iif(delivery.same_id, delivery.repeats, delivery.id)
          AND earlier.accepted_at IS NOT NULL AND NOT earlier.same_id
        ORDER BY earlier.id DESC LIMIT 1), '')),
    'header_id', iif(delivery.same_id, (SELECT message_id FROM delivery AS before WHERE before.id = delivery.repeats), ''),
    'number', delivery.id, 'code', coalesce((SELECT code FROM code WHERE code.recipient = recipient.id), ''),
    'attempts', attempts, 'first_tried_at', first_tried_at, 'left_file', json(iif(left_at IS NULL, 'false', 'true')),
    'relay', iif(stays OR status = 'IN_DOUBT', relay, NULL)
    ) AS json
FROM delivery JOIN recipient ON recipient.id = delivery.recipient;

-- All of these are about one wave. Each claim is one row with a JSON array: one step of the statement, whatever the number of letters (see marks.sql).

-- name: planned
-- Canary letters up to :canary_after were claimed before the others, and are passed over.
SELECT '[' || coalesce(group_concat(json), '') || ']' FROM (
    SELECT json FROM letter
    WHERE id > :after AND wave = :wave AND status = 'PLANNED' AND (canary = 0 OR id > :canary_after)
    ORDER BY id LIMIT :limit
);

-- name: canary
SELECT '[' || coalesce(group_concat(json), '') || ']' FROM (
    SELECT json FROM letter
    WHERE canary = 1 AND wave = :wave AND id > max(:after, :canary_after) AND status = 'PLANNED'
    ORDER BY id LIMIT :limit
);

-- name: deferred
-- :claimed is a JSON array of the deferred letters that were claimed and have no durable mark since.
SELECT '[' || coalesce(group_concat(json), '') || ']' FROM (
    SELECT json FROM letter
    WHERE status = 'DEFERRED' AND due_at <= :now AND wave = :wave AND canary >= :canary
      AND id NOT IN (SELECT value FROM json_each(:claimed))
    ORDER BY due_at, id LIMIT :limit
);

-- name: claimed
-- Letters that were claimed before. :letters is a JSON array.
SELECT '[' || coalesce(group_concat(json), '') || ']' FROM (
    SELECT json FROM letter
    WHERE id IN (SELECT value FROM json_each(:letters)) AND wave = :wave AND status IN ('PLANNED', 'DEFERRED')
);

-- name: in-doubt
-- No claim: letters that a person may be about to release. :letters is a JSON array.
SELECT '[' || coalesce(group_concat(json), '') || ']' FROM (
    SELECT json FROM letter
    WHERE status = 'IN_DOUBT' AND wave = :wave AND id IN (SELECT value FROM json_each(:letters)) ORDER BY id
);

-- name: last
SELECT coalesce(max(id), 0) FROM delivery;

-- name: next-due
SELECT min(due_at) FROM delivery
WHERE status = 'DEFERRED' AND wave = :wave AND id NOT IN (SELECT value FROM json_each(:claimed));
