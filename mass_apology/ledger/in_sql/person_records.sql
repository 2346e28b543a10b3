-- One person: all that is known of them, and the letters that they get once more.

-- name: at
-- Whoever has the mailbox, or the address as it is written. A ledger has no index for it: it is asked for by people.
SELECT id, identity, address, name, language, time_zone, lines, rows, left_at IS NOT NULL,
       coalesce((SELECT code FROM code WHERE code.recipient = recipient.id), '')
FROM recipient WHERE mailbox = :mailbox OR address = :address ORDER BY id;

-- name: in-row
SELECT id, identity, address, name, language, time_zone, lines, rows, left_at IS NOT NULL,
       coalesce((SELECT code FROM code WHERE code.recipient = recipient.id), '')
FROM recipient WHERE id = :recipient;

-- name: like
-- A store may know no small and capital letters beyond ASCII: what was typed is looked for too, as it is.
SELECT recipient.id, address, name, recipient.language, lines, wave, status, reply
FROM recipient
LEFT JOIN delivery ON delivery.id = (SELECT max(id) FROM delivery WHERE delivery.recipient = recipient.id)
WHERE lower(address) LIKE :lower ESCAPE '\' OR lower(name) LIKE :lower ESCAPE '\' OR lower(rows) LIKE :lower ESCAPE '\'
   OR name LIKE :typed ESCAPE '\' OR rows LIKE :typed ESCAPE '\'
ORDER BY recipient.id LIMIT :most;

-- name: with-status
SELECT recipient.id, address, name, recipient.language, lines, wave, status, reply
FROM delivery JOIN recipient ON recipient.id = delivery.recipient
WHERE wave = :wave AND status = :status ORDER BY recipient.id LIMIT :most;

-- name: letters
SELECT delivery.id, wave, status, message_id, language, attempts, planned_at, due_at, handed_over_at, accepted_at, marked_at,
       code, enhanced_code, reply, subject, repeats, same_id,
       (SELECT digest_parts FROM edition WHERE edition.id = delivery.edition)
FROM delivery WHERE recipient = :recipient ORDER BY delivery.id;

-- name: set-aside
SELECT wave, line, address, reason FROM withheld
WHERE identity = :mailbox OR lower(trim(address)) = lower(:address)
   OR recipient IN (SELECT id FROM recipient WHERE mailbox = :mailbox)
ORDER BY wave, line;

-- name: came-back
SELECT wave, read_at, at, kind, cause, address, detail
FROM delivery JOIN feedback ON feedback.delivery = delivery.id
WHERE recipient = :recipient ORDER BY read_at, key, part;

-- name: chosen
SELECT wave, remedy, chosen_at, source FROM delivery JOIN choice ON choice.delivery = delivery.id
WHERE recipient = :recipient ORDER BY chosen_at, remedy;

-- name: again
-- The table's key (recipient, wave) refuses a second one of the same wave.
INSERT INTO delivery (recipient, wave, status, message_id, language, planned_at, repeats, same_id)
SELECT recipient, :wave, 'PLANNED', :message_id, language, :now, id, :same_id FROM delivery WHERE id = :delivery
RETURNING id;

-- name: is-known
SELECT EXISTS (SELECT 1 FROM recipient WHERE mailbox = :mailbox OR identity = :identity);

-- name: move-in
INSERT INTO recipient (identity, mailbox, customer, person, address, name, language, time_zone, lines, rows)
SELECT :identity, :mailbox, customer, person, :address, name, recipient.language, time_zone, lines, rows
FROM recipient JOIN delivery ON delivery.recipient = recipient.id WHERE delivery.id = :delivery
RETURNING id;

-- name: take-customers
INSERT INTO further_customer (recipient, customer)
SELECT :recipient, customer FROM further_customer JOIN delivery USING (recipient) WHERE delivery.id = :delivery;

-- name: take-code
-- The code is the person's.
UPDATE code SET recipient = :recipient WHERE recipient = (SELECT recipient FROM delivery WHERE id = :delivery);

-- name: write-there
INSERT INTO delivery (recipient, wave, status, message_id, language, planned_at, repeats)
SELECT :recipient, wave, 'PLANNED', :message_id, language, :now, id FROM delivery WHERE id = :delivery
RETURNING id;
