-- name: prepare
-- Made when feedback is first read: a campaign that reads none need not pay for them with every letter.
CREATE INDEX IF NOT EXISTS delivery_message_id ON delivery (message_id);
CREATE INDEX IF NOT EXISTS recipient_address ON recipient (address);
-- The last word of an accepting reply: "Ok 0102018c…", "Ok: queued as 4XYZ", "OK id=1abc-…".
CREATE INDEX IF NOT EXISTS delivery_relay_id
ON delivery (substr(reply, length(rtrim(reply, replace(reply, ' ', ''))) + 1))
WHERE status = 'ACCEPTED' AND code >= 200 AND code < 300;
