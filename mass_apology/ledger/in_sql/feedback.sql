-- What came back, and whose letter it is about.

-- name: known
SELECT EXISTS (SELECT 1 FROM feedback WHERE key = :key);

-- name: first-planned
SELECT min(planned_at) FROM delivery;

-- name: first-letter
-- When the first letter may have left for the address.
SELECT min(coalesce(accepted_at, handed_over_at)) FROM delivery JOIN recipient ON recipient.id = delivery.recipient
WHERE address IN (:address, lower(:address));

-- name: by-message-id
SELECT delivery.id, address FROM delivery JOIN recipient ON recipient.id = delivery.recipient
WHERE message_id = :message_id;

-- name: by-token
-- An ENVID and a return path's token are a Message-ID's left part.
SELECT delivery.id, address FROM delivery JOIN recipient ON recipient.id = delivery.recipient
WHERE message_id BETWEEN '<' || :token || '@' AND '<' || :token || '@~';

-- name: by-relay-id
-- Two, where it is no id but a word that ends many replies.
SELECT delivery.id, address FROM delivery JOIN recipient ON recipient.id = delivery.recipient
WHERE substr(reply, length(rtrim(reply, replace(reply, ' ', ''))) + 1) = :relay_id
  AND status = 'ACCEPTED' AND code >= 200 AND code < 300
LIMIT 2;

-- name: by-address
-- The latest letter to the address; upper and lower case do not count.
SELECT delivery.id, address FROM delivery JOIN recipient ON recipient.id = delivery.recipient
WHERE address IN (:address, lower(:address)) ORDER BY delivery.id DESC LIMIT 1;

-- name: add
-- What a purged ledger is told names nobody either.
INSERT INTO feedback (key, part, read_at, at, kind, cause, delivery, proven, address, detail, becomes, said)
SELECT :key, :part, :read_at, :at, :kind, :cause, :delivery, :proven,
       CASE WHEN purged THEN '' ELSE :address END, CASE WHEN purged THEN '' ELSE :detail END, :becomes,
       CASE WHEN purged THEN NULL ELSE :said END
FROM (SELECT EXISTS (SELECT 1 FROM note WHERE what = :purged) AS purged) AS ledger
WHERE TRUE ON CONFLICT DO NOTHING;

-- name: settle-doubts
-- Whatever came back says that the relay had the letter. When it took it is unknown; a report's own date is only claimed.
-- So it is now.
UPDATE delivery
SET status = 'ACCEPTED', accepted_at = :now, marked_at = :now,
    reply = (SELECT said FROM feedback WHERE delivery = delivery.id AND becomes IS NOT NULL ORDER BY read_at, key, part LIMIT 1)
WHERE status = 'IN_DOUBT'
  AND id IN (SELECT delivery FROM feedback WHERE becomes = 'ACCEPTED')
  AND id NOT IN (SELECT delivery FROM feedback WHERE becomes IN ('BOUNCED', 'COMPLAINED'))
RETURNING status;

-- name: settle-failures
-- The first of several counts.
UPDATE delivery
SET marked_at = :now,
    (status, reply) = (SELECT becomes, said FROM feedback
                       WHERE delivery = delivery.id AND becomes IN ('BOUNCED', 'COMPLAINED') ORDER BY read_at, key, part LIMIT 1)
WHERE status IN ('ACCEPTED', 'IN_DOUBT')
  AND id IN (SELECT delivery FROM feedback WHERE becomes IN ('BOUNCED', 'COMPLAINED'))
RETURNING status;

-- name: settled
-- Only a letter whose reply is not recorded yet has to wait. One that is due again is not the copy that came back.
UPDATE feedback SET becomes = NULL, said = NULL
WHERE becomes IS NOT NULL AND (SELECT status FROM delivery WHERE id = feedback.delivery) <> 'HANDING_OVER';

-- name: waiting
SELECT count(DISTINCT delivery) FROM feedback WHERE becomes IS NOT NULL;
