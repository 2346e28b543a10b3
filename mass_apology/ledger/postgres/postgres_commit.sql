-- What of a commit PostgreSQL says in its own way: what may be about everybody is done to the tables at once, and not
-- letter by letter as the view's triggers would.

-- name: update-deliveries
UPDATE all_delivery AS planned SET language = staged.letter_language
FROM met JOIN staged ON staged.id = met.staged
WHERE planned.campaign = this_campaign() AND planned.recipient = met.recipient AND planned.wave = :wave AND met.fate = 'updated';

-- name: withhold-missing
UPDATE delivery SET status = 'WITHHELD', marked_at = :now, due_at = NULL, code = NULL, enhanced_code = NULL, reply = 'no longer in the recipients file'
WHERE wave = :wave AND status IN ('PLANNED', 'DEFERRED')
  AND NOT EXISTS (SELECT 1 FROM met WHERE met.recipient = delivery.recipient);

-- name: leave
UPDATE recipient SET left_at = :now
WHERE left_at IS NULL AND NOT EXISTS (SELECT 1 FROM met WHERE met.recipient = recipient.id);

-- name: add-recipients
INSERT INTO all_recipient (id, identity, mailbox, customer, person, address, name, language, time_zone, lines, rows)
SELECT :last + staged.id, coalesce(own.identity, staged.identity), mailbox, customer, person, address, name, language,
       time_zone, lines, rows
FROM staged LEFT JOIN reidentified AS own ON own.staged = staged.id
WHERE NOT EXISTS (SELECT 1 FROM met WHERE met.staged = staged.id)
ORDER BY staged.id;

-- name: add-deliveries
INSERT INTO all_delivery (id, recipient, wave, message_id, language, canary, planned_at)
SELECT :last_number + row_number() OVER (ORDER BY staged.id), coalesce(met.recipient, :last + staged.id), :wave,
       coalesce(own.message_id, staged.message_id), letter_language,
       CASE WHEN staged.id IN (SELECT value FROM json_each(:canary)) THEN 1 ELSE 0 END, :now
FROM staged LEFT JOIN met ON met.staged = staged.id LEFT JOIN reidentified AS own ON own.staged = staged.id
WHERE fate IS NULL OR fate IN ('new', 'returned')
ORDER BY staged.id;

-- name: add-withheld
-- Whose rows they are, as far as the ledger knows them: by what they are known by, or by their mailbox.
INSERT INTO withheld (wave, line, identity, recipient, address, reason, "row", withheld_at)
SELECT :wave, line, aside.identity,
       coalesce((SELECT min(own.id) FROM recipient AS own WHERE own.identity = aside.identity),
                (SELECT min(same.id) FROM recipient AS same WHERE same.mailbox = aside.identity)),
       aside.address, reason, "row", :now
FROM set_aside AS aside ORDER BY line, place;
