-- Refusals, and what takes them back.

-- name: refused
SELECT delivery.id, address, lines, rows, code, enhanced_code, reply, left_at IS NOT NULL
FROM delivery JOIN recipient ON recipient.id = delivery.recipient
WHERE wave = :wave AND status = 'REFUSED' ORDER BY delivery.id;

-- name: take-back
-- Giving up counts anew. What the relay said stays to be read.
UPDATE delivery SET status = 'DEFERRED', due_at = :now, marked_at = :now, first_tried_at = NULL
WHERE id = :delivery AND status = 'REFUSED';
