-- Letters, people, notes: what everybody reads of a ledger, and the few changes to them that any command makes.

-- name: campaign
SELECT name, key, digest_parts, header FROM campaign;

-- name: is-unused
SELECT digest_parts = '{}' AND NOT EXISTS (SELECT 1 FROM recipient) FROM campaign;

-- name: take-name
UPDATE campaign SET name = :name WHERE name <> :name;

-- name: largest-letter
SELECT octets, encoded, line FROM largest_letter WHERE wave = :wave;

-- name: recover
-- A process that ended between the durable mark and the reply: the relay may have the message. Its epoch has lapsed, as
-- have all but that of the lock.
UPDATE delivery
SET status = 'IN_DOUBT', marked_at = :now, reply = 'the sending process ended before the reply was recorded'
WHERE status = 'HANDING_OVER' AND (epoch IS NULL OR epoch <> (SELECT epoch FROM lock));

-- name: waiting
SELECT delivery.id, address, left_at IS NOT NULL FROM delivery JOIN recipient ON recipient.id = delivery.recipient
WHERE delivery.id > :after AND wave = :wave AND status IN ('PLANNED', 'DEFERRED') ORDER BY delivery.id LIMIT :limit;

-- name: in-doubt
-- Those that a person may have sent again: letters of customers who left the file since are not among them.
SELECT delivery.id FROM delivery JOIN recipient ON recipient.id = delivery.recipient
WHERE wave = :wave AND status = 'IN_DOUBT' AND left_at IS NULL ORDER BY delivery.id;

-- name: kept-back
-- Who was withheld and may still be in the file, and why: letters, and rows that were set aside.
SELECT address, coalesce(reply, '') FROM delivery JOIN recipient ON recipient.id = delivery.recipient
WHERE wave = :wave AND status = 'WITHHELD' AND left_at IS NULL
UNION ALL
SELECT address, reason FROM withheld WHERE wave = :wave;

-- name: add-note
INSERT INTO note (at, what) VALUES (:now, :what);

-- name: notes
SELECT at, what FROM note ORDER BY rowid;

-- name: counts
-- People: everybody with a letter in the wave is in its status, and whose rows were set aside is WITHHELD.
SELECT status, count(*) FROM delivery WHERE wave = :wave GROUP BY status
UNION ALL
SELECT 'WITHHELD', count(*) FROM person_set_aside WHERE wave = :wave;

-- name: totals
-- The same people, counted in another way: letters, people without one, and rows of the file that were set aside.
SELECT (SELECT count(*) FROM delivery WHERE wave = :wave),
       (SELECT count(*) FROM person_set_aside WHERE wave = :wave),
       (SELECT count(*) FROM withheld WHERE wave = :wave);

-- name: handed-over
SELECT count(*), min(handed_over_at) FROM delivery WHERE handed_over_at > :since;

-- name: results
SELECT delivery.id, address, name, delivery.language, time_zone, wave, status, message_id, attempts, lines, rows,
       planned_at, due_at, handed_over_at, accepted_at, marked_at, code, enhanced_code,
       CASE WHEN status = 'WITHHELD'
            THEN coalesce((SELECT reason FROM withheld WHERE withheld.recipient = delivery.recipient
                           AND withheld.wave = delivery.wave ORDER BY line LIMIT 1), reply)
            ELSE reply END, sha256,
       (SELECT allotted.code FROM code AS allotted WHERE allotted.recipient = delivery.recipient), relay
FROM delivery JOIN recipient ON recipient.id = delivery.recipient
WHERE wave = :wave ORDER BY delivery.id;

-- name: set-aside
SELECT lines, address, reason, rows, withheld_at FROM person_set_aside WHERE wave = :wave ORDER BY line;

-- name: waves
SELECT wave FROM delivery GROUP BY wave ORDER BY min(id);
