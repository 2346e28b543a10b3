-- A plan becomes part of the ledger. These run on the ledger's writing connection, which also has the tables of the plan.

-- name: last-recipient
SELECT coalesce(max(id), 0) FROM recipient;

-- name: update-recipients
UPDATE recipient
SET mailbox = staged.mailbox, address = staged.address, name = staged.name, language = staged.language,
    time_zone = staged.time_zone, lines = staged.lines, rows = staged.rows
FROM met JOIN staged ON staged.id = met.staged
WHERE recipient.id = met.recipient AND met.fate IN ('new', 'returned', 'updated');

-- name: update-lines
-- Where people's rows stand in this file: the log names letters by that, of further waves too. What the rows say stays what
-- it was when their letter left.
UPDATE recipient SET lines = staged.lines
FROM met JOIN staged ON staged.id = met.staged
WHERE recipient.id = met.recipient AND met.fate IN ('known', 'outdated') AND recipient.lines <> staged.lines;

-- name: rename-recipients
-- By what they are known again the next time, whatever became of their letter; a key once told is kept.
UPDATE recipient SET customer = CASE WHEN met.renumbered = 1 THEN staged.customer ELSE recipient.customer END, person = staged.person
FROM met JOIN staged ON staged.id = met.staged
WHERE recipient.id = met.recipient AND (met.renamed = 1 OR met.renumbered = 1);

-- name: drop-further-customers
DELETE FROM further_customer WHERE recipient IN (SELECT recipient FROM met WHERE renumbered = 1);

-- name: add-further-customers
INSERT INTO further_customer (recipient, customer)
SELECT coalesce(met.recipient, :last + further.staged), further.customer
FROM further JOIN staged ON staged.id = further.staged LEFT JOIN met ON met.staged = further.staged
WHERE further.customer IS NOT NULL AND coalesce(met.renumbered, 1) = 1;

-- name: update-deliveries
UPDATE delivery SET language = staged.letter_language
FROM met JOIN staged ON staged.id = met.staged
WHERE delivery.recipient = met.recipient AND delivery.wave = :wave AND met.fate = 'updated';

-- name: drop-returned
-- A letter that was withheld when its row left the file, and whose row is back, is planned anew with the new ones.
DELETE FROM delivery
WHERE wave = :wave AND recipient IN (SELECT recipient FROM met WHERE fate = 'returned');

-- name: withhold-superseded
UPDATE delivery SET status = 'WITHHELD', marked_at = :now, due_at = NULL, code = NULL, enhanced_code = NULL, reply = 'the mailbox or the customer gets another letter of this wave'
WHERE wave = :wave AND status IN ('PLANNED', 'DEFERRED') AND recipient IN (SELECT recipient FROM superseded);

-- name: withhold-missing
-- Before new letters are added: what is still due and not in the plan has no customer in the file any more.
UPDATE delivery SET status = 'WITHHELD', marked_at = :now, due_at = NULL, code = NULL, enhanced_code = NULL, reply = 'no longer in the recipients file'
WHERE wave = :wave AND status IN ('PLANNED', 'DEFERRED') AND recipient NOT IN (SELECT recipient FROM met);

-- name: leave
-- Those of whom the file has no usable row any more: no wave writes to them without one.
UPDATE recipient SET left_at = :now WHERE left_at IS NULL AND id NOT IN (SELECT recipient FROM met);

-- name: come-back
UPDATE recipient SET left_at = NULL WHERE left_at IS NOT NULL AND id IN (SELECT recipient FROM met);

-- name: add-recipients
-- Ids continue after :last in the order of the file, so that a delivery needs no look-up of its recipient.
INSERT INTO recipient (id, identity, mailbox, customer, person, address, name, language, time_zone, lines, rows)
SELECT :last + id, coalesce((SELECT own.identity FROM reidentified AS own WHERE own.staged = id), identity),
       mailbox, customer, person, address, name, language, time_zone, lines, rows
FROM staged WHERE id NOT IN (SELECT staged FROM met)
ORDER BY id;

-- name: add-deliveries
INSERT INTO delivery (id, recipient, wave, status, message_id, language, canary, planned_at)
SELECT :last_number + row_number() OVER (ORDER BY staged.id), coalesce(met.recipient, :last + staged.id), :wave, 'PLANNED',
       coalesce((SELECT own.message_id FROM reidentified AS own WHERE own.staged = staged.id), message_id), letter_language,
       CASE WHEN staged.id IN (SELECT value FROM json_each(:canary)) THEN 1 ELSE 0 END, :now
FROM staged LEFT JOIN met ON met.staged = staged.id
WHERE fate IS NULL OR fate IN ('new', 'returned')
ORDER BY staged.id;

-- name: add-codes
INSERT INTO code (code, recipient)
SELECT code, coalesce(met.recipient, :last + allotted.staged) FROM allotted LEFT JOIN met ON met.staged = allotted.staged;

-- name: drop-withheld
DELETE FROM withheld WHERE wave = :wave;

-- name: set-plan
UPDATE campaign SET digest_parts = :digest_parts, header = :header;

-- name: forget-largest
DELETE FROM largest_letter WHERE wave = :wave;

-- name: set-largest
INSERT INTO largest_letter (wave, octets, encoded, line) VALUES (:wave, :octets, :encoded, :line);

