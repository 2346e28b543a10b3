-- Who wrote to us after a letter, and whom somebody has answered since.

-- name: waiting
-- By the first message that came after the last answer. The message's own date is only claimed, and never later than now.
SELECT address, name, language, lines, rows, sender, subject, since, messages FROM (
    SELECT recipient.id, recipient.address, recipient.name, delivery.language, lines, rows, feedback.address AS sender,
           detail AS subject, coalesce(feedback.at, read_at) AS since,
           count(*) OVER (PARTITION BY recipient.id) AS messages,
           row_number() OVER (PARTITION BY recipient.id ORDER BY coalesce(feedback.at, read_at), key, part) AS place
    FROM feedback
    JOIN delivery ON delivery.id = feedback.delivery
    JOIN recipient ON recipient.id = delivery.recipient
    WHERE kind = 'reply' AND feedback.address <> ''  -- which a purge leaves empty
      AND read_at > coalesce(
        (SELECT max(answer.read_at) FROM feedback AS answer JOIN delivery AS own ON own.id = answer.delivery
         WHERE own.recipient = recipient.id AND answer.kind = 'answered'), 0)
) AS message
WHERE place = 1 ORDER BY since, id;

-- name: asked
-- The first letter of each person who wrote under this address, or whom somebody wrote for.
SELECT min(delivery.id)
FROM feedback JOIN delivery ON delivery.id = feedback.delivery JOIN recipient ON recipient.id = delivery.recipient
WHERE kind = 'reply' AND lower(:address) IN (lower(recipient.address), lower(feedback.address))
GROUP BY recipient.id;

-- name: forget-answer
DELETE FROM feedback WHERE key = :key;

-- name: answer
-- An answer is kept as one more thing that is known of the letter, under a name that no message has.
INSERT INTO feedback (key, part, read_at, kind, delivery, proven, address, detail)
VALUES (:key, 0, :now, 'answered', :letter, 1, '', '');

-- name: all
SELECT key, part, read_at, at, kind, cause, message_id, proven, address, detail
FROM feedback LEFT JOIN delivery ON delivery.id = feedback.delivery
WHERE kind <> 'answered'  -- which a person noted
ORDER BY read_at, key, part;
