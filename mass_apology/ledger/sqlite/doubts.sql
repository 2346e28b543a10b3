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
