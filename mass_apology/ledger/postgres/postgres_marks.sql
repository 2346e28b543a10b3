-- A group of marks of different letters, in arrays, is one statement in autocommit mode: nothing of it is durable unless
-- the lock is ours by the row itself, which it changes, and unless each mark has a way.

-- name: given
given AS (
    SELECT * FROM unnest(
        %(delivery)b::bigint[], %(status)b::text[], %(at)b::float8[], %(attempts)b::integer[], %(due_at)b::float8[],
        %(code)b::integer[], %(enhanced_code)b::text[], %(reply)b::text[], %(sha256)b::bytea[], %(subject)b::text[],
        %(relay)b::text[]
    ) AS mark (delivery, status, at, attempts, due_at, code, enhanced_code, reply, sha256, subject, relay)
)

-- name: held
-- By the session that has the campaign for itself.
held AS (
    UPDATE all_lock SET renewed_at = extract(epoch FROM clock_timestamp()), changes = changes + 1
    WHERE campaign = this_campaign() AND epoch = %(epoch)s RETURNING 1
)

-- name: held-shared
-- By a session that shares the campaign: where all chunks of these letters are its own, and have not expired.
renewed AS (
    UPDATE all_chunk SET expires_at = extract(epoch FROM clock_timestamp()) + %(lease)s
    WHERE campaign = this_campaign() AND epoch = %(epoch)s AND expires_at > extract(epoch FROM clock_timestamp())
      AND id IN (SELECT (delivery - 1) / 1000 FROM given)
    RETURNING id
), held AS (
    SELECT 1 FROM renewed HAVING count(*) = (SELECT count(DISTINCT (delivery - 1) / 1000) FROM given)
)

-- name: insert
-- After the two before: one statement in all.
known AS (
    SELECT given.*, planned.id, coalesce(state.status, 'PLANNED') AS before, state.first_tried_at AS was_tried_at,
           state.handed_over_at AS was_handed_over_at, state.accepted_at AS was_accepted_at, state.sha256 AS was_sha256,
           state.subject AS was_subject, state.edition AS was_edition, state.epoch AS was_epoch, state.relay AS was_relay,
           coalesce(state.stays, 0::smallint) AS stays
    FROM given
    LEFT JOIN all_delivery AS planned ON planned.campaign = this_campaign() AND planned.id = given.delivery
    LEFT JOIN LATERAL (
        (SELECT seq, status, first_tried_at, handed_over_at, accepted_at, sha256, subject, edition, epoch, relay, stays
         FROM all_mark AS mark WHERE mark.campaign = this_campaign() AND mark.delivery = given.delivery
         ORDER BY seq DESC LIMIT 1)
        UNION ALL
        (SELECT seq, status, first_tried_at, handed_over_at, accepted_at, sha256, subject, edition, epoch, relay, stays
         FROM all_outcome AS outcome WHERE outcome.campaign = this_campaign() AND outcome.delivery = given.delivery)
        ORDER BY seq DESC LIMIT 1
    ) AS state ON TRUE
)
INSERT INTO all_mark (delivery, status, attempts, first_tried_at, due_at, handed_over_at, accepted_at, marked_at, code,
                      enhanced_code, reply, sha256, subject, edition, epoch, relay, stays)
SELECT delivery, status, attempts, coalesce(was_tried_at, at), due_at,
       CASE WHEN status = 'HANDING_OVER' THEN at ELSE was_handed_over_at END,
       CASE WHEN status = 'ACCEPTED' THEN at ELSE was_accepted_at END, at, code, enhanced_code, reply,
       coalesce(sha256, was_sha256), coalesce(subject, was_subject),
       CASE WHEN status = 'HANDING_OVER' THEN %(edition)s ELSE was_edition END,
       CASE WHEN status = 'HANDING_OVER' THEN %(epoch)s ELSE was_epoch END,
       CASE WHEN status = 'HANDING_OVER' THEN relay ELSE was_relay END, stays
FROM known CROSS JOIN held
WHERE NOT EXISTS (
    SELECT 1 FROM known AS wrong
    WHERE wrong.id IS NULL OR wrong.before || '>' || wrong.status <> ALL (%(legal)b::text[]))

-- name: apply-late
-- Outcomes of letters that were handed over in one of our own epochs, and of which nothing is known since. In a transaction
-- that has changed the lock's row before.
WITH given AS (
    SELECT * FROM unnest(
        %(delivery)b::bigint[], %(status)b::text[], %(at)b::float8[], %(attempts)b::integer[], %(due_at)b::float8[],
        %(code)b::integer[], %(enhanced_code)b::text[], %(reply)b::text[]
    ) AS mark (delivery, status, at, attempts, due_at, code, enhanced_code, reply)
)
INSERT INTO all_mark (delivery, status, attempts, first_tried_at, due_at, handed_over_at, accepted_at, marked_at, code,
                      enhanced_code, reply, sha256, subject, edition, epoch, relay, stays)
SELECT given.delivery, given.status, given.attempts, first_tried_at, given.due_at, handed_over_at,
       CASE WHEN given.status = 'ACCEPTED' THEN at ELSE accepted_at END, at, given.code, given.enhanced_code, given.reply,
       sha256, subject, edition, epoch, relay, stays
FROM given JOIN delivery AS letter ON letter.id = given.delivery
WHERE letter.status IN ('HANDING_OVER', 'IN_DOUBT') AND letter.epoch = ANY (%(epochs)b::bigint[])
  AND letter.status || '>' || given.status = ANY (%(legal)b::text[])
RETURNING delivery;

-- name: statuses
-- Of these letters, as far as there are any.
SELECT id, status FROM delivery WHERE id = ANY (%(delivery)b::bigint[]);

-- name: is-recorded
SELECT EXISTS (SELECT 1 FROM delivery WHERE id = %(delivery)s AND status = %(status)s AND marked_at = %(at)s
               AND attempts = %(attempts)s);

-- name: is-known
-- Whether so many attempts of a letter are known: later ones, and what came back, may be as well.
SELECT EXISTS (SELECT 1 FROM delivery WHERE id = %(delivery)s AND status <> 'PLANNED' AND attempts >= %(attempts)s);

-- name: vacuum
-- After a fold: the server's own vacuum comes once a minute, and until then each fold's rows would lie beside the next one's.
-- Nobody waits for it, nor does it wait for another one.
VACUUM (SKIP_LOCKED) all_mark;

-- name: fold
-- Letters that are over. What comes later of one of them is a mark with a larger number, and stays. One session does it at
-- a time, and the others go on: two that deleted the same rows in different orders would wait for each other.
WITH latest AS (
    SELECT DISTINCT ON (delivery) * FROM all_mark
    WHERE campaign = this_campaign() AND (SELECT pg_try_advisory_xact_lock(1833062479, this_campaign()))
    ORDER BY delivery, seq DESC
), settled AS (
    SELECT * FROM latest WHERE status IN ('ACCEPTED', 'REFUSED', 'EXPIRED', 'WITHHELD', 'BOUNCED', 'COMPLAINED')
), folded AS (
    DELETE FROM all_mark AS mark USING settled
    WHERE mark.campaign = settled.campaign AND mark.delivery = settled.delivery AND mark.seq <= settled.seq
)
INSERT INTO all_outcome (campaign, delivery, seq, status, attempts, first_tried_at, due_at, handed_over_at, accepted_at,
                         marked_at, code, enhanced_code, reply, sha256, subject, edition, epoch, relay, stays)
SELECT campaign, delivery, seq, status, attempts, first_tried_at, due_at, handed_over_at, accepted_at,
       marked_at, code, enhanced_code, reply, sha256, subject, edition, epoch, relay, stays
FROM settled
ON CONFLICT (campaign, delivery) DO UPDATE
SET (seq, status, attempts, first_tried_at, due_at, handed_over_at, accepted_at, marked_at, code, enhanced_code, reply,
     sha256, subject, edition, epoch, relay, stays)
  = (excluded.seq, excluded.status, excluded.attempts, excluded.first_tried_at, excluded.due_at, excluded.handed_over_at,
     excluded.accepted_at, excluded.marked_at, excluded.code, excluded.enhanced_code, excluded.reply, excluded.sha256,
     excluded.subject, excluded.edition, excluded.epoch, excluded.relay, excluded.stays)
WHERE excluded.seq > all_outcome.seq;
