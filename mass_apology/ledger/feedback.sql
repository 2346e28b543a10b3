-- What came back, and whose letter it is about.

-- name: prepare
-- Made when feedback is first read: a campaign that reads none need not pay for them with every letter.
CREATE INDEX IF NOT EXISTS delivery_message_id ON delivery (message_id);
CREATE INDEX IF NOT EXISTS recipient_address ON recipient (address);

-- name: known
SELECT EXISTS (SELECT 1 FROM feedback WHERE key = :key);

-- name: by-message-id
SELECT delivery.id, address FROM delivery JOIN recipient ON recipient.id = delivery.recipient
WHERE message_id = :message_id;

-- name: by-token
-- An ENVID is a Message-ID's left part.
SELECT delivery.id, address FROM delivery JOIN recipient ON recipient.id = delivery.recipient
WHERE message_id BETWEEN '<' || :token || '@' AND '<' || :token || '@~';

-- name: by-address
-- The latest letter to the address; upper and lower case do not count.
SELECT delivery.id, address FROM delivery JOIN recipient ON recipient.id = delivery.recipient
WHERE address IN (:address, lower(:address)) ORDER BY delivery.id DESC LIMIT 1;

-- name: add
INSERT OR IGNORE INTO feedback (key, part, read_at, at, kind, cause, delivery, proven, address, detail)
VALUES (:key, :part, :read_at, :at, :kind, :cause, :delivery, :proven, :address, :detail);

-- name: bounced
UPDATE delivery SET status = 'BOUNCED', marked_at = :now, reply = :detail
WHERE id = :delivery AND status IN ('ACCEPTED', 'IN_DOUBT');

-- name: complained
UPDATE delivery SET status = 'COMPLAINED', marked_at = :now, reply = :detail
WHERE id = :delivery AND status IN ('ACCEPTED', 'IN_DOUBT');
