-- Further waves: who could be written to, whom a person agreed to, and the letters that are added.

-- name: candidate
-- Somebody with a letter in :base, and what the next one depends on: the beginning of the two that follow. Fields:
-- ledger.further_waves.Candidate.
SELECT delivery.id, recipient.id, identity, address, name, recipient.language, time_zone, lines, rows,
       delivery.status, delivery.accepted_at, delivery.sha256,
       (SELECT digest FROM edition WHERE edition.id = delivery.edition) AS edition,
       EXISTS (SELECT 1 FROM delivery AS own JOIN feedback ON feedback.delivery = own.id
               WHERE own.recipient = recipient.id AND feedback.kind = 'reply') AS replied,
       left_at IS NOT NULL,
       coalesce((SELECT code FROM code WHERE code.recipient = recipient.id), ''),
       next.id, next.status

-- name: of-everybody
FROM delivery
JOIN recipient ON recipient.id = delivery.recipient
LEFT JOIN delivery AS next ON next.recipient = recipient.id AND next.wave = :wave
WHERE delivery.wave = :base
ORDER BY delivery.id;

-- name: of-letters
-- Those whose next letters are :letters, a JSON array.
FROM json_each(:letters) AS letter
JOIN delivery AS next ON next.id = letter.value
JOIN recipient ON recipient.id = next.recipient
JOIN delivery ON delivery.recipient = next.recipient AND delivery.wave = :base
ORDER BY delivery.id;

-- name: threads
-- The letters of :recipients, a JSON array, that were accepted, the oldest first.
SELECT recipient, message_id, coalesce(subject, '') FROM delivery
WHERE recipient IN (SELECT value FROM json_each(:recipients)) AND accepted_at IS NOT NULL AND same_id = 0
ORDER BY id;

-- name: drop-withheld
-- A letter that was withheld for what does not hold any more is planned anew, as first ones are.
DELETE FROM delivery WHERE recipient = :recipient AND wave = :wave AND status = 'WITHHELD';

-- name: add
INSERT INTO delivery (recipient, wave, status, message_id, language, planned_at)
VALUES (:recipient, :wave, 'PLANNED', :message_id, :language, :now);

-- name: drop-smaller
DELETE FROM largest_letter WHERE wave = :wave AND octets < :octets;

-- name: keep-largest
INSERT INTO largest_letter (wave, octets, encoded, line) VALUES (:wave, :octets, :encoded, :line) ON CONFLICT DO NOTHING;

-- name: change
-- The lines stay those of the file that was planned from last, as the log says they are.
UPDATE recipient SET name = :name, language = :language, time_zone = :time_zone, rows = :rows
WHERE id = :recipient;

-- name: count
SELECT count(*) FROM delivery WHERE wave = :wave AND status <> 'WITHHELD';

-- name: languages
-- Of letters that are due, and of :also, a JSON array of rows.
SELECT language, count(*) FROM delivery
WHERE wave = :wave AND (status IN ('PLANNED', 'DEFERRED') OR id IN (SELECT value FROM json_each(:also)))
GROUP BY language ORDER BY count(*) DESC, language;

-- name: sharing
-- Recipients who share their mailbox with another one; first who has a letter of :wave: one that has left, or may have.
SELECT recipient.id, mailbox, coalesce(delivery.status, 'WITHHELD') <> 'WITHHELD'
FROM recipient LEFT JOIN delivery ON delivery.recipient = recipient.id AND delivery.wave = :wave
WHERE mailbox IN (SELECT mailbox FROM recipient GROUP BY mailbox HAVING count(*) > 1)
ORDER BY coalesce(delivery.status, '') IN ('PLANNED', 'DEFERRED'), recipient.id;

-- name: disarm
DELETE FROM armed WHERE wave = :wave;

-- name: arm
INSERT INTO armed (wave, at, by, letters, digest_parts) VALUES (:wave, :at, :by, :letters, :digest_parts);

-- name: armed
SELECT wave, at, by, letters, digest_parts FROM armed ORDER BY at;

-- name: agreed-letters
-- Letters that were planned after :since of each wave that somebody agreed to (corrections are none of these), and that
-- have left, may have, or are due.
SELECT armed.wave, count(*) FROM delivery JOIN armed ON armed.wave = delivery.wave
WHERE status <> 'WITHHELD' AND planned_at > :since GROUP BY armed.wave ORDER BY min(delivery.id);

-- name: withhold
UPDATE delivery SET status = 'WITHHELD', marked_at = :now, due_at = NULL, code = NULL, enhanced_code = NULL, reply = :reason
WHERE id = :delivery AND status IN ('PLANNED', 'DEFERRED');
