-- Letters in doubt, and what settles them.

-- name: doubts
SELECT delivery.id, message_id, address, handed_over_at FROM delivery JOIN recipient ON recipient.id = delivery.recipient
WHERE status = 'IN_DOUBT' ORDER BY delivery.id;

-- name: on-their-way
SELECT count(*) FROM delivery WHERE status = 'HANDING_OVER';

-- name: surely-taken
-- Letters that the relay has acknowledged, to try a log with: the latest of those handed over in a span of time.
SELECT message_id, handed_over_at FROM delivery
WHERE status = 'ACCEPTED' AND code >= 200 AND code < 300 AND handed_over_at BETWEEN :since AND :until
ORDER BY handed_over_at DESC LIMIT :limit;

-- name: taken
-- The code stays what it is: the relay's reply was never read.
UPDATE delivery SET status = 'ACCEPTED', accepted_at = :at, marked_at = :now, reply = :reply
WHERE id = :delivery AND status = 'IN_DOUBT';

-- name: release
-- Giving up counts anew: otherwise a letter that is sent again days later would expire at its first deferral.
UPDATE delivery SET status = 'DEFERRED', marked_at = :now, due_at = :now, first_tried_at = NULL,
    stays = CASE WHEN relay IS NULL THEN 0 ELSE 1 END
WHERE id = :delivery AND status = 'IN_DOUBT' AND wave = :wave;
