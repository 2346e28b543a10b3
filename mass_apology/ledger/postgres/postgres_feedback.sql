-- What of it PostgreSQL says in its own way.

-- name: by-relay-id
-- Two, where it is no id but a word that ends many replies. Letters that are over are found by an index.
SELECT delivery.id, address FROM delivery JOIN recipient ON recipient.id = delivery.recipient
WHERE delivery.id IN (
    SELECT delivery FROM all_outcome
    WHERE campaign = this_campaign() AND substr(reply, length(rtrim(reply, replace(reply, ' ', ''))) + 1) = :relay_id
      AND status = 'ACCEPTED' AND code >= 200 AND code < 300
    UNION ALL
    SELECT delivery FROM all_mark
    WHERE campaign = this_campaign() AND substr(reply, length(rtrim(reply, replace(reply, ' ', ''))) + 1) = :relay_id)
  AND status = 'ACCEPTED' AND code >= 200 AND code < 300
LIMIT 2;
