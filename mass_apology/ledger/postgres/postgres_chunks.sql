-- What several sessions of one campaign share. A chunk is a thousand letters, by their ids.

-- name: unshare
DELETE FROM all_shared_wave WHERE campaign = this_campaign();

-- name: sessions
SELECT epoch, host, pid, started, extract(epoch FROM clock_timestamp())::float8 - renewed_at FROM all_session
WHERE campaign = this_campaign() ORDER BY epoch;

-- name: beat
-- This session lives; and the others that said so lately.
WITH own AS (
    UPDATE all_session SET renewed_at = extract(epoch FROM clock_timestamp())
    WHERE campaign = this_campaign() AND epoch = :epoch
)
SELECT count(*) FROM all_session
WHERE campaign = this_campaign() AND epoch <> :epoch
  AND renewed_at > extract(epoch FROM clock_timestamp())::float8 - :seconds;

-- name: is-free
-- Whether there is anything to take: see "take" and "take-late".
SELECT EXISTS (
    SELECT 1 FROM all_chunk AS chunk
    WHERE chunk.campaign = this_campaign() AND chunk.expires_at <= extract(epoch FROM clock_timestamp())
      AND (chunk.planned OR chunk.id IN (
        SELECT (mark.delivery - 1) / 1000 FROM all_mark AS mark
        WHERE mark.campaign = this_campaign()
          AND (mark.status = 'HANDING_OVER' OR mark.status = 'DEFERRED' AND mark.due_at <= extract(epoch FROM clock_timestamp()))
          AND (SELECT later.seq FROM all_mark AS later
               WHERE later.campaign = mark.campaign AND later.delivery = mark.delivery
               ORDER BY later.seq DESC LIMIT 1) = mark.seq)));

-- name: begin
INSERT INTO all_session (epoch, host, pid, started, renewed_at)
VALUES (:epoch, :host, :pid, :started, extract(epoch FROM clock_timestamp()));

-- name: end
DELETE FROM all_session WHERE campaign = this_campaign() AND epoch = :epoch;

-- name: expire
-- The chunks of a session that has ended.
UPDATE all_chunk SET expires_at = 0 WHERE campaign = this_campaign() AND epoch = :epoch AND expires_at > 0;

-- name: sweep
-- Chunks for all letters that there are.
INSERT INTO all_chunk (id) SELECT DISTINCT (id - 1) / 1000 FROM all_delivery WHERE campaign = this_campaign()
ON CONFLICT DO NOTHING;

-- name: reopen
-- New letters are planned, with numbers after :last_number: in a chunk that had none any more, too.
UPDATE all_chunk SET planned = true WHERE campaign = this_campaign() AND NOT planned AND id >= :last_number / 1000;

-- name: own
-- Those of letters that this session has claimed already.
UPDATE all_chunk SET epoch = :epoch, expires_at = extract(epoch FROM clock_timestamp()) + :lease
WHERE campaign = this_campaign() AND (id <= :until OR id IN (SELECT (value - 1) / 1000 FROM json_each(:claimed)));

-- name: take
-- One that is free, or that this session has and claimed no letter of yet. None of its own that has expired: letters of it may
-- wait to be handed over here, and would be claimed once more.
UPDATE all_chunk SET epoch = :epoch, expires_at = extract(epoch FROM clock_timestamp()) + :lease
WHERE campaign = this_campaign() AND id = (
    SELECT id FROM all_chunk
    WHERE campaign = this_campaign() AND planned
      AND CASE WHEN epoch = ANY (:epochs)
          THEN expires_at > extract(epoch FROM clock_timestamp()) AND id > :until
               AND id NOT IN (SELECT value FROM json_each(:begun))
          ELSE expires_at <= extract(epoch FROM clock_timestamp()) END
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id;

-- name: take-late
-- One without planned letters, where one is due again or was left HANDING_OVER; see "take".
UPDATE all_chunk SET epoch = :epoch, expires_at = extract(epoch FROM clock_timestamp()) + :lease
WHERE campaign = this_campaign() AND id = (
    SELECT chunk.id FROM all_chunk AS chunk
    WHERE chunk.campaign = this_campaign() AND chunk.expires_at <= extract(epoch FROM clock_timestamp())
      AND NOT (chunk.epoch = ANY (:epochs))
      AND chunk.id IN (
        SELECT (mark.delivery - 1) / 1000 FROM all_mark AS mark
        WHERE mark.campaign = this_campaign()
          AND (mark.status = 'HANDING_OVER' OR mark.status = 'DEFERRED' AND mark.due_at <= :now)
          AND (SELECT later.seq FROM all_mark AS later
               WHERE later.campaign = mark.campaign AND later.delivery = mark.delivery
               ORDER BY later.seq DESC LIMIT 1) = mark.seq)
    ORDER BY chunk.id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id;

-- name: doubt
-- The second statement: it sees what was committed before the chunk was taken.
UPDATE delivery
SET status = 'IN_DOUBT', marked_at = :now, reply = 'the sending process ended before the reply was recorded'
WHERE id > :chunk * 1000 AND id <= :chunk * 1000 + 1000 AND status = 'HANDING_OVER' AND NOT (epoch = ANY (:epochs));

-- name: planned
WITH found AS MATERIALIZED (
    SELECT planned.id FROM all_delivery AS planned
    WHERE planned.campaign = this_campaign() AND planned.id > :after AND planned.id <= :chunk * 1000 + 1000
      AND planned.wave = :wave
      AND (SELECT 1 FROM all_mark AS mark
           WHERE mark.campaign = planned.campaign AND mark.delivery = planned.id LIMIT 1) IS NULL
      AND (SELECT 1 FROM all_outcome AS outcome
           WHERE outcome.campaign = planned.campaign AND outcome.delivery = planned.id) IS NULL
    ORDER BY planned.campaign, planned.id LIMIT :limit
)
SELECT '[' || coalesce(string_agg(json::text, ',' ORDER BY id), '') || ']' FROM found JOIN letter USING (id);

-- name: deferred
-- Those in chunks of one's own; see "deferred" of the claims.
WITH found AS MATERIALIZED (
    SELECT mark.delivery AS id, mark.due_at FROM all_mark AS mark
    WHERE mark.campaign = this_campaign() AND mark.status = 'DEFERRED' AND mark.due_at <= :now
      AND (SELECT later.seq FROM all_mark AS later
           WHERE later.campaign = mark.campaign AND later.delivery = mark.delivery ORDER BY later.seq DESC LIMIT 1) = mark.seq
      AND (SELECT planned.id FROM all_delivery AS planned
           WHERE planned.campaign = mark.campaign AND planned.id = mark.delivery AND planned.wave = :wave) IS NOT NULL
      AND (SELECT chunk.epoch FROM all_chunk AS chunk
           WHERE chunk.campaign = mark.campaign AND chunk.id = (mark.delivery - 1) / 1000
             AND chunk.expires_at > extract(epoch FROM clock_timestamp())) = :epoch
      AND mark.delivery NOT IN (SELECT value FROM json_each(:claimed))
    ORDER BY mark.due_at, mark.delivery LIMIT :limit
)
SELECT '[' || coalesce(string_agg(json::text, ',' ORDER BY found.due_at, id), '') || ']' FROM found JOIN letter USING (id);

-- name: next-due
-- In chunks of one's own, or of nobody.
SELECT min(mark.due_at) FROM all_mark AS mark
WHERE mark.campaign = this_campaign() AND mark.status = 'DEFERRED'
  AND (SELECT later.seq FROM all_mark AS later
       WHERE later.campaign = mark.campaign AND later.delivery = mark.delivery ORDER BY later.seq DESC LIMIT 1) = mark.seq
  AND (SELECT planned.id FROM all_delivery AS planned
       WHERE planned.campaign = mark.campaign AND planned.id = mark.delivery AND planned.wave = :wave) IS NOT NULL
  AND (SELECT (chunk.epoch = ANY (:epochs)) <> (chunk.expires_at <= extract(epoch FROM clock_timestamp()))
       FROM all_chunk AS chunk
       WHERE chunk.campaign = mark.campaign AND chunk.id = (mark.delivery - 1) / 1000)
  AND mark.delivery NOT IN (SELECT value FROM json_each(:claimed));

-- name: close-done
-- Chunks of one's own that have no PLANNED letter any more, before they are given back.
UPDATE all_chunk AS chunk SET planned = false
WHERE chunk.campaign = this_campaign() AND chunk.epoch = :epoch AND chunk.planned AND NOT EXISTS (
    SELECT 1 FROM all_delivery AS planned
    WHERE planned.campaign = chunk.campaign AND planned.id > chunk.id * 1000 AND planned.id <= chunk.id * 1000 + 1000
      AND NOT EXISTS (SELECT 1 FROM all_mark AS mark WHERE mark.campaign = planned.campaign AND mark.delivery = planned.id)
      AND NOT EXISTS (SELECT 1 FROM all_outcome AS outcome
                      WHERE outcome.campaign = planned.campaign AND outcome.delivery = planned.id));

-- name: count-others
-- Of the chunks of these letters: those that are not this session's, or have expired.
SELECT count(*) FROM all_chunk
WHERE campaign = this_campaign() AND id IN (SELECT (value - 1) / 1000 FROM json_each(:letters))
  AND NOT (epoch = :epoch AND expires_at > extract(epoch FROM clock_timestamp()));

-- name: lock-chunks
-- Of these letters: a takeover that is under way is waited for, and one that begins waits.
SELECT id FROM all_chunk
WHERE campaign = this_campaign() AND id IN (SELECT (value - 1) / 1000 FROM json_each(:letters)) ORDER BY id FOR UPDATE;

-- name: renew
-- Nothing where it was declared dead. A session that is about to be waits for who does this.
UPDATE all_session SET renewed_at = extract(epoch FROM clock_timestamp())
WHERE campaign = this_campaign() AND epoch = :epoch;

-- name: renew-chunks
UPDATE all_chunk SET expires_at = extract(epoch FROM clock_timestamp()) + :lease
WHERE campaign = this_campaign() AND epoch = :epoch AND expires_at > extract(epoch FROM clock_timestamp());

-- name: next-session
UPDATE all_session SET epoch = :next WHERE campaign = this_campaign() AND epoch = ANY (:epochs);

-- name: next-chunks
-- Whatever a lost connection has under way with one of them comes before this, or finds another epoch.
UPDATE all_chunk SET epoch = :next
WHERE campaign = this_campaign() AND epoch = ANY (:epochs) AND expires_at > extract(epoch FROM clock_timestamp());
