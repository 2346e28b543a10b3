-- Who wrote to us after a letter, and whom somebody has answered since.

-- name: waiting
-- By the first message that came after the last answer. The message's own date is only claimed, and never later than now.
SELECT recipient.address, recipient.name, delivery.language, lines, rows, feedback.address, detail,
       min(coalesce(feedback.at, read_at)), count(*)
FROM feedback
JOIN delivery ON delivery.id = feedback.delivery
JOIN recipient ON recipient.id = delivery.recipient
WHERE kind = 'reply' AND feedback.address <> ''  -- which a purge leaves empty
  AND read_at > coalesce(
    (SELECT max(answer.read_at) FROM feedback AS answer JOIN delivery AS own ON own.id = answer.delivery
     WHERE own.recipient = recipient.id AND answer.kind = 'answered'), 0)
GROUP BY recipient.id ORDER BY min(coalesce(feedback.at, read_at)), recipient.id;

-- name: answer
-- An answer is kept as one more thing that is known of the letter, under a name that no message has.
INSERT OR REPLACE INTO feedback (key, part, read_at, kind, delivery, proven, address, detail)
SELECT 'answered/' || min(delivery.id), 0, :now, 'answered', min(delivery.id), 1, '', ''
FROM feedback JOIN delivery ON delivery.id = feedback.delivery JOIN recipient ON recipient.id = delivery.recipient
WHERE kind = 'reply' AND lower(:address) IN (lower(recipient.address), lower(feedback.address))
GROUP BY recipient.id;

-- name: all
SELECT key, part, read_at, at, kind, cause, message_id, proven, address, detail
FROM feedback LEFT JOIN delivery ON delivery.id = feedback.delivery
WHERE kind <> 'answered'  -- which a person noted
ORDER BY read_at, key, part;
