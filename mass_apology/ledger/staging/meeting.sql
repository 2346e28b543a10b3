-- Who of a plan is a recipient of the ledger already, whatever the file calls them now. These run on the plan's connection
-- with the ledger attached. Each "match-" statement takes from those whom the statements before it left over: a recipient
-- belongs to one letter of the plan at most, and a letter to one recipient. CROSS JOIN: in this order, since the plan has
-- the indexes; the ledger pays for none, and is read from its beginning to its end.

-- name: has-recipients
SELECT EXISTS (SELECT 1 FROM recipient);

-- name: has-customers
SELECT EXISTS (SELECT 1 FROM staged WHERE customer IS NOT NULL);

-- name: forget-matched
DELETE FROM matched;

-- name: forget-met
DELETE FROM met;

-- name: forget-superseded
DELETE FROM superseded;

-- name: forget-reidentified
DELETE FROM reidentified;

-- name: forget-written
DELETE FROM written;

-- name: forget-told
DELETE FROM told;

-- name: match-reached-mailbox
-- One letter for each mailbox: one that was reached, or may have been, gets nothing more, whoever has it now.
INSERT OR IGNORE INTO matched (staged, recipient)
SELECT staged.id, recipient.id
FROM recipient CROSS JOIN staged ON staged.mailbox = recipient.mailbox
JOIN delivery ON delivery.recipient = recipient.id AND delivery.wave = :wave
WHERE delivery.status IN ('HANDING_OVER', 'ACCEPTED', 'IN_DOUBT', 'BOUNCED', 'COMPLAINED')
ORDER BY recipient.id;

-- name: find-told
-- Letters to customers who all were reached in a mailbox that they have left. A mailbox none of whose keys is left in it
-- has other people now, or was given other keys: its letter counts for these. A row without a key may be anybody's.
INSERT INTO told (staged, recipient)
WITH reached AS (
    SELECT here.staged, here.customer, min(recipient.id) AS recipient
    FROM customer_of_recipient CROSS JOIN customer_of_staged AS here ON here.customer = customer_of_recipient.customer
    CROSS JOIN recipient ON recipient.id = customer_of_recipient.recipient
    JOIN delivery ON delivery.recipient = recipient.id AND delivery.wave = :wave
    LEFT JOIN staged AS there ON there.mailbox = recipient.mailbox
    WHERE delivery.status IN ('HANDING_OVER', 'ACCEPTED', 'IN_DOUBT', 'COMPLAINED')
      AND here.staged NOT IN (SELECT staged FROM matched)
      AND (there.id IS NULL OR there.customer IS NULL OR (
              EXISTS (SELECT 1 FROM customer_of_staged AS stays JOIN customer_of_recipient AS had ON had.customer = stays.customer
                      WHERE stays.staged = there.id AND had.recipient = recipient.id)
          AND NOT EXISTS (SELECT 1 FROM customer_of_staged AS stays
                          WHERE stays.staged = there.id AND stays.customer = here.customer)))
    GROUP BY here.staged, here.customer
)
SELECT staged, min(recipient) FROM reached
GROUP BY staged HAVING count(*) = (SELECT count(*) FROM customer_of_staged WHERE customer_of_staged.staged = reached.staged);

-- name: match-mailbox
-- Where several recipients have one mailbox, since each customer got a letter once: the one whose letter is due, so that
-- nobody gets a second one.
INSERT OR IGNORE INTO matched (staged, recipient)
SELECT staged.id, recipient.id
FROM recipient CROSS JOIN staged ON staged.mailbox = recipient.mailbox
LEFT JOIN delivery ON delivery.recipient = recipient.id AND delivery.wave = :wave
WHERE staged.id NOT IN (SELECT staged FROM told)
ORDER BY CASE WHEN delivery.status IN ('PLANNED', 'DEFERRED') THEN 1
              WHEN delivery.status IN ('REFUSED', 'EXPIRED') THEN 2
              WHEN delivery.status = 'WITHHELD' THEN 3
              ELSE 4 END,
         recipient.id;

-- name: match-due-customer
-- By one of the keys, whose letter has not left, under another address. Not those whom no letter reached there: the new
-- one has had none yet.
INSERT OR IGNORE INTO matched (staged, recipient)
SELECT customer_of_staged.staged, recipient.id
FROM customer_of_recipient CROSS JOIN customer_of_staged ON customer_of_staged.customer = customer_of_recipient.customer
CROSS JOIN recipient ON recipient.id = customer_of_recipient.recipient
LEFT JOIN delivery ON delivery.recipient = recipient.id AND delivery.wave = :wave
WHERE recipient.id NOT IN (SELECT recipient FROM matched)
  AND customer_of_staged.staged NOT IN (SELECT staged FROM matched UNION ALL SELECT staged FROM told)
  AND coalesce(delivery.status, 'PLANNED') IN ('PLANNED', 'DEFERRED', 'WITHHELD')
ORDER BY coalesce(delivery.status, '') = 'WITHHELD', recipient.id, customer_of_staged.staged;

-- name: match-customer
-- By the key, under whatever address: the same mailbox first. Not those whom no letter reached under another address:
-- the new one has had none yet.
INSERT OR IGNORE INTO matched (staged, recipient)
SELECT staged.id, recipient.id
FROM customer_of_recipient CROSS JOIN staged ON staged.customer = customer_of_recipient.customer
CROSS JOIN recipient ON recipient.id = customer_of_recipient.recipient
LEFT JOIN delivery ON delivery.recipient = recipient.id AND delivery.wave = :wave
WHERE recipient.id NOT IN (SELECT recipient FROM matched) AND staged.id NOT IN (SELECT staged FROM matched)
  AND (recipient.mailbox = staged.mailbox OR coalesce(delivery.status, '') NOT IN ('REFUSED', 'EXPIRED', 'BOUNCED'))
ORDER BY recipient.mailbox <> staged.mailbox, recipient.id;

-- name: match-person
-- By mailbox and name, unless both have keys, which then differ; or by mailbox and identity, which is all that a purge
-- leaves.
INSERT OR IGNORE INTO matched (staged, recipient)
SELECT staged.id, recipient.id
FROM recipient CROSS JOIN staged ON staged.mailbox = recipient.mailbox
WHERE recipient.id NOT IN (SELECT recipient FROM matched) AND staged.id NOT IN (SELECT staged FROM matched)
  AND (recipient.customer IS NULL OR staged.customer IS NULL)
  AND (staged.identity = recipient.identity OR staged.person IS recipient.person)
ORDER BY staged.identity <> recipient.identity, recipient.id, staged.id;

-- name: match-alone
-- Whoever is the only one left of a mailbox on both sides has another name now, unless both have keys.
INSERT OR IGNORE INTO matched (staged, recipient)
SELECT min(staged.id), min(recipient.id)
FROM recipient CROSS JOIN staged ON staged.mailbox = recipient.mailbox
WHERE recipient.id NOT IN (SELECT recipient FROM matched) AND staged.id NOT IN (SELECT staged FROM matched)
  AND (recipient.customer IS NULL OR staged.customer IS NULL)
GROUP BY recipient.mailbox HAVING count(*) = 1;

-- name: compare
-- What becomes of those whom the ledger knows. new: they have no letter in this wave. returned: theirs was withheld when
-- their row left the file, and the row is back. known: nothing changed. updated: the letter is still due and the data
-- changed. outdated: it is not due any more and the data changed. A person may stand on other lines of the file without
-- anything having changed.
INSERT INTO met (staged, recipient, number, due, own_code, fate, moved, renamed, renumbered)
SELECT staged.id, recipient.id,
       iif(delivery.status = 'WITHHELD', NULL, delivery.id),
       coalesce(delivery.status IN ('WITHHELD', 'PLANNED', 'DEFERRED'), 1),
       (SELECT code FROM code WHERE code.recipient = recipient.id),
       CASE
           WHEN delivery.id IS NULL THEN 'new'
           WHEN delivery.status = 'WITHHELD' THEN 'returned'
           WHEN (recipient.address, recipient.name, recipient.language, recipient.time_zone, recipient.rows, delivery.language)
              = (staged.address, staged.name, staged.language, staged.time_zone, staged.rows, staged.letter_language)
               THEN 'known'
           WHEN delivery.status IN ('PLANNED', 'DEFERRED') THEN 'updated'
           ELSE 'outdated'
       END,
       recipient.mailbox <> staged.mailbox,
       recipient.person IS NOT staged.person,
       -- A letter that left was for those who had the mailbox then, while one of them has it.
       staged.customer IS NOT NULL AND CASE
           WHEN coalesce(delivery.status IN ('WITHHELD', 'PLANNED', 'DEFERRED'), 1)
               THEN staged.customer IS NOT recipient.customer
                 OR EXISTS (SELECT 1 FROM further WHERE further.staged = staged.id)
                 OR EXISTS (SELECT 1 FROM further_customer WHERE further_customer.recipient = recipient.id)
           ELSE NOT EXISTS (SELECT 1 FROM customer_of_recipient AS had
                            JOIN customer_of_staged AS stays ON stays.customer = had.customer
                            WHERE had.recipient = recipient.id AND stays.staged = staged.id)
       END
FROM matched
CROSS JOIN staged ON staged.id = matched.staged
CROSS JOIN recipient ON recipient.id = matched.recipient
LEFT JOIN delivery ON delivery.recipient = recipient.id AND delivery.wave = :wave
ORDER BY staged.id;

-- name: add-told
-- Nothing is to be done for them, and nothing of the ledger is theirs to change.
INSERT INTO met (staged, recipient, number, due, own_code, fate, moved, renamed, renumbered)
SELECT told.staged, told.recipient, delivery.id, 0, (SELECT code FROM code WHERE code.recipient = told.recipient),
       'outdated', 1, 0, 0
FROM told JOIN delivery ON delivery.recipient = told.recipient AND delivery.wave = :wave;

-- name: supersede
-- Where each mailbox gets one letter: whose letter is due although another one is for the mailbox, or for the customer.
INSERT INTO superseded (recipient)
SELECT recipient.id FROM delivery CROSS JOIN recipient ON recipient.id = delivery.recipient
WHERE wave = :wave AND status IN ('PLANNED', 'DEFERRED') AND recipient.id NOT IN (SELECT recipient FROM met)
  AND (mailbox IN (SELECT mailbox FROM staged WHERE id NOT IN (SELECT staged FROM told))
    OR EXISTS (SELECT 1 FROM customer_of_recipient AS had JOIN customer_of_staged AS here ON here.customer = had.customer
               WHERE had.recipient = recipient.id));

-- name: count-superseded
SELECT count(*) FROM superseded;

-- name: count-missing
-- Letters still due to recipients of whom the file has no sendable row any more. For the ledger see also withhold-missing.
SELECT count(*) FROM delivery
WHERE wave = :wave AND status IN ('PLANNED', 'DEFERRED')
  AND recipient NOT IN (SELECT recipient FROM met) AND recipient NOT IN (SELECT recipient FROM superseded);

-- name: forget-leaving
DELETE FROM doubtful;

-- name: find-leaving
INSERT INTO doubtful (letter)
SELECT id FROM delivery WHERE wave = :wave AND status = 'IN_DOUBT' AND recipient NOT IN (SELECT recipient FROM met);

-- name: has-new
SELECT (SELECT count(*) FROM staged) > (SELECT count(*) FROM met)
    OR EXISTS (SELECT 1 FROM met WHERE fate IN ('new', 'returned') OR (fate = 'updated' AND moved));

-- name: meet-written
-- New letters to mailboxes that a letter of this wave has reached, or may have.
INSERT OR IGNORE INTO written (staged, status, at)
SELECT staged.id, delivery.status, coalesce(delivery.accepted_at, delivery.handed_over_at, delivery.marked_at)
FROM delivery
CROSS JOIN recipient ON recipient.id = delivery.recipient
CROSS JOIN staged ON staged.mailbox = recipient.mailbox
LEFT JOIN met ON met.staged = staged.id
WHERE delivery.wave = :wave AND delivery.status IN ('HANDING_OVER', 'ACCEPTED', 'IN_DOUBT', 'BOUNCED', 'COMPLAINED')
  AND (fate IS NULL OR fate IN ('new', 'returned') OR (fate = 'updated' AND moved))
  AND recipient.id IS NOT met.recipient
ORDER BY delivery.id;

-- name: earlier
-- The letters of the wave that have left, or may have, and when the last one did.
SELECT count(*), max(coalesce(accepted_at, handed_over_at, marked_at)) FROM delivery
WHERE wave = :wave AND status IN ('HANDING_OVER', 'ACCEPTED', 'IN_DOUBT', 'BOUNCED', 'COMPLAINED');

-- name: own-identities
-- Letters that are planned anew for recipients whose identity is not what the file would make of them.
SELECT met.staged, recipient.identity
FROM met JOIN staged ON staged.id = met.staged JOIN recipient ON recipient.id = met.recipient
WHERE fate IN ('new', 'returned') AND recipient.identity <> staged.identity;

-- name: taken-identities
-- New people whose identity is somebody else's in the ledger, who has another address by now.
SELECT id, identity FROM staged
WHERE id NOT IN (SELECT staged FROM met) AND identity IN (SELECT identity FROM recipient);

-- name: is-taken
SELECT EXISTS (SELECT 1 FROM recipient WHERE identity = :identity) OR EXISTS (SELECT 1 FROM staged WHERE identity = :identity);

-- name: reidentify
INSERT INTO reidentified (staged, identity, message_id) VALUES (?, ?, ?);

-- name: last-number
-- Of the letters that stay: one that was withheld is planned anew, with the next number.
SELECT coalesce(max(id), 0) FROM delivery
WHERE NOT (wave = :wave AND recipient IN (SELECT recipient FROM met WHERE fate = 'returned'));
