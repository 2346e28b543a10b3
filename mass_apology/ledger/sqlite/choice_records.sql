-- Which remedies were chosen, by the tokens in the letters' links.

-- name: prepare
-- Also made when feedback is first read.
CREATE INDEX IF NOT EXISTS delivery_message_id ON delivery (message_id);

-- name: add
-- A choice without a time of its own must not count as newer each time its file is read: the first reading counts.
INSERT OR IGNORE INTO choice (delivery, remedy, chosen_at, source)
SELECT id, :remedy, coalesce(:at, :now), :source FROM delivery
WHERE message_id BETWEEN '<' || :token || '@' AND '<' || :token || '@~'
  AND (:at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM choice WHERE delivery = delivery.id AND remedy = :remedy));

-- name: exists
SELECT EXISTS (SELECT 1 FROM delivery WHERE message_id BETWEEN '<' || :token || '@' AND '<' || :token || '@~');

-- name: last
-- The last choice of everybody who made one, whichever of their letters it came by. A time that lies ahead was recorded
-- by an earlier version, which believed every claim: it comes after all others, and counts as chosen now.
SELECT address, name, lines, rows, remedy, min(chosen_at, unixepoch() + 1) AS at, source,
       max(iif(chosen_at > unixepoch() + 1, 0, chosen_at))
FROM choice
JOIN delivery ON delivery.id = choice.delivery
JOIN recipient ON recipient.id = delivery.recipient
GROUP BY recipient.id ORDER BY recipient.id;

-- name: undecided
SELECT count(DISTINCT recipient) FROM delivery
WHERE status IN ('ACCEPTED', 'COMPLAINED')  -- not whose letter came back
  AND recipient NOT IN (SELECT recipient FROM delivery AS own JOIN choice ON choice.delivery = own.id);
