-- name: prepare
-- Also made when feedback is first read.
CREATE INDEX IF NOT EXISTS delivery_message_id ON delivery (message_id);
