-- Which remedies were chosen, by the tokens in the letters' links.

-- name: add
-- A choice without a time of its own must not count as newer each time its file is read: the first reading counts.
INSERT INTO choice (delivery, remedy, chosen_at, source)
SELECT id, :remedy, coalesce(:at, :now), :source FROM delivery
WHERE message_id BETWEEN '<' || :token || '@' AND '<' || :token || '@~'
  AND (:at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM choice WHERE delivery = delivery.id AND remedy = :remedy))
ON CONFLICT DO NOTHING;

-- name: exists
SELECT EXISTS (SELECT 1 FROM delivery WHERE message_id BETWEEN '<' || :token || '@' AND '<' || :token || '@~');

-- name: last
-- The last choice of everybody who made one, whichever of their letters it came by. A time that lies ahead was recorded
-- by an earlier version, which believed every claim: it comes after all others, and counts as chosen now.
SELECT address, name, lines, rows, remedy, chosen_at, source FROM (
    SELECT recipient.id, address, name, lines, rows, remedy, source,
           CASE WHEN chosen_at > :soon THEN :soon ELSE chosen_at END AS chosen_at,
           row_number() OVER (PARTITION BY recipient.id ORDER BY CASE WHEN chosen_at > :soon THEN 0 ELSE chosen_at END DESC) AS place
    FROM choice
    JOIN delivery ON delivery.id = choice.delivery
    JOIN recipient ON recipient.id = delivery.recipient
) AS chosen
WHERE place = 1 ORDER BY id;

-- name: undecided
SELECT count(DISTINCT recipient) FROM delivery
WHERE status IN ('ACCEPTED', 'COMPLAINED')  -- not whose letter came back
  AND recipient NOT IN (SELECT recipient FROM delivery AS own JOIN choice ON choice.delivery = own.id);
