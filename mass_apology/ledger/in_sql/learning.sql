-- What a log says of letters, put into a ledger that does not know it. The tables are the connection's own, and go with it.

-- name: forget
DELETE FROM told; DELETE FROM expected; DELETE FROM own; DELETE FROM standing; DELETE FROM aside; DELETE FROM found; DELETE FROM matched;

-- name: tell
INSERT INTO told (token, wave, line, status, at, attempts, code, enhanced_code, reply)
VALUES (:token, :wave, :line, :status, :at, :attempts, :code, :enhanced_code, :reply);

-- name: take-back
-- The letter is due again, by what the log says last.
DELETE FROM told WHERE token = :token;

-- name: waves
SELECT DISTINCT wave FROM told;

-- name: recipients
SELECT id, identity FROM recipient WHERE id > :after ORDER BY id LIMIT 1000;

-- name: expect
INSERT INTO expected (token, recipient)
SELECT :token, :recipient WHERE EXISTS (SELECT 1 FROM told WHERE token = :token) ON CONFLICT DO NOTHING;

-- name: know
INSERT INTO own (token, recipient) VALUES (:token, :recipient) ON CONFLICT DO NOTHING;

-- name: stand
INSERT INTO standing (line, recipient) SELECT :line, recipient FROM own WHERE token = :token ON CONFLICT DO NOTHING;

-- name: set-aside
INSERT INTO aside (line) SELECT line FROM withheld WHERE wave = 'first' ON CONFLICT DO NOTHING;

-- name: find-letters
-- Letters that the ledger has under just this name: whatever it was made with.
INSERT INTO found (token, recipient, wave)
SELECT token, delivery.recipient, delivery.wave FROM delivery
JOIN told ON token = substr(message_id, 2, instr(message_id, '@') - 2)
WHERE TRUE ON CONFLICT DO NOTHING;

-- name: find-keys
INSERT INTO found (token, recipient, wave)
SELECT token, recipient, wave FROM told JOIN expected USING (token) WHERE TRUE ON CONFLICT DO NOTHING;

-- name: find-lines
-- Where the key was lost with the ledger, and the file is the one that was sent to.
INSERT INTO found (token, recipient, wave)
SELECT token, recipient, wave FROM told JOIN standing USING (line) WHERE TRUE ON CONFLICT DO NOTHING;

-- name: match
-- Somebody who was written to with several ledgers was reached if one of the letters was accepted; else the last one counts.
INSERT INTO matched (token, recipient, wave)
SELECT token, recipient, wave FROM (
    SELECT found.token, recipient, found.wave, row_number() OVER (
        PARTITION BY recipient, found.wave ORDER BY told.status = 'ACCEPTED' DESC, told.status = 'IN_DOUBT' DESC, told.at DESC
    ) AS place FROM found JOIN told USING (token)
) AS letter WHERE place = 1;

-- name: reopen
-- What had ended without a letter in a ledger that was set back, and left later all the same.
UPDATE delivery SET status = 'DEFERRED', marked_at = :now, due_at = :now
FROM matched JOIN told USING (token)
WHERE delivery.recipient = matched.recipient AND delivery.wave = matched.wave
  AND delivery.status IN ('REFUSED', 'EXPIRED') AND told.status = 'ACCEPTED';

-- name: drop-withheld
DELETE FROM delivery
WHERE status = 'WITHHELD' AND EXISTS (
    SELECT 1 FROM matched JOIN told USING (token)
    WHERE matched.recipient = delivery.recipient AND matched.wave = delivery.wave AND told.status = 'ACCEPTED'
);

-- name: add-letters
-- Of further waves, which no plan of the file holds.
INSERT INTO delivery (recipient, wave, status, message_id, language, planned_at)
SELECT matched.recipient, matched.wave, 'PLANNED', '<' || matched.token || '@' || :domain || '>',
       coalesce((SELECT first.language FROM delivery AS first WHERE first.recipient = matched.recipient ORDER BY first.id LIMIT 1),
                recipient.language), :now
FROM matched JOIN recipient ON recipient.id = matched.recipient
WHERE NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.recipient = matched.recipient AND delivery.wave = matched.wave)
ORDER BY matched.recipient;

-- name: name-letters
-- They keep the Message-IDs with which they left: what comes back names them by these.
UPDATE delivery SET message_id = '<' || matched.token || '@' || :domain || '>'
FROM matched
    JOIN told USING (token)
WHERE delivery.recipient = matched.recipient AND delivery.wave = matched.wave
  AND (delivery.status IN ('PLANNED', 'DEFERRED') OR delivery.status = 'IN_DOUBT' AND told.status = 'ACCEPTED')
  AND matched.token <> substr(message_id, 2, instr(message_id, '@') - 2);

-- name: hand-over
UPDATE delivery
SET status = 'HANDING_OVER', attempts = CASE WHEN told.attempts > delivery.attempts THEN told.attempts ELSE delivery.attempts END, first_tried_at = coalesce(first_tried_at, told.at),
    handed_over_at = told.at, marked_at = :now, due_at = NULL, epoch = NULL
FROM matched JOIN told USING (token)
WHERE delivery.recipient = matched.recipient AND delivery.wave = matched.wave
  AND delivery.status IN ('PLANNED', 'DEFERRED') AND told.status IN ('ACCEPTED', 'IN_DOUBT');

-- name: conclude
UPDATE delivery
SET status = told.status, accepted_at = CASE WHEN told.status = 'ACCEPTED' THEN told.at END, marked_at = :now,
    code = told.code, enhanced_code = told.enhanced_code, reply = told.reply
FROM matched JOIN told USING (token)
WHERE delivery.recipient = matched.recipient AND delivery.wave = matched.wave
  AND delivery.status = 'HANDING_OVER' AND told.status IN ('ACCEPTED', 'IN_DOUBT');

-- name: end
UPDATE delivery
SET status = told.status, attempts = CASE WHEN told.attempts > delivery.attempts THEN told.attempts ELSE delivery.attempts END, first_tried_at = coalesce(first_tried_at, told.at),
    marked_at = :now, due_at = NULL, code = told.code, enhanced_code = told.enhanced_code, reply = told.reply
FROM matched JOIN told USING (token)
WHERE delivery.recipient = matched.recipient AND delivery.wave = matched.wave
  AND delivery.status IN ('PLANNED', 'DEFERRED') AND told.status IN ('REFUSED', 'EXPIRED');

-- name: settled
-- Of letters in doubt the log may know more than the ledger: the reply that was read just before a crash.
UPDATE delivery SET status = 'ACCEPTED', accepted_at = told.at, marked_at = :now, code = told.code,
    enhanced_code = told.enhanced_code, reply = told.reply
FROM matched JOIN told USING (token)
WHERE delivery.recipient = matched.recipient AND delivery.wave = matched.wave
  AND delivery.status = 'IN_DOUBT' AND told.status = 'ACCEPTED';

-- name: statuses
SELECT status, count(*) FROM delivery GROUP BY status;

-- name: unmatched
-- Letters of people who are not in the ledger; of these, those whose rows are set aside now, such as those on the suppression
-- list, are not written to.
SELECT count(*) FILTER (WHERE NOT is_aside), count(*) FILTER (WHERE is_aside) FROM (
    SELECT line IS NOT NULL AND line IN (SELECT aside.line FROM aside) AS is_aside FROM told
    WHERE token NOT IN (SELECT token FROM found)
      AND (line IS NULL OR line NOT IN (SELECT standing.line FROM standing))
) AS letter;
