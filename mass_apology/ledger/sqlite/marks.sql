-- name: prepare
-- What the writing connection keeps for itself. A group of marks is inserted into the view `mark`, and its trigger does the
-- rest, so one statement is the whole transaction. That matters: Python's sqlite3 gives up the interpreter's lock around each
-- step of a statement, and beside a busy event loop every step may then wait milliseconds to get it back.
CREATE TEMP TABLE held (epoch INTEGER NOT NULL);  -- at most one row: the lock this connection holds
CREATE TEMP TABLE made_from (edition INTEGER NOT NULL);  -- at most one row: what the letters are made from now

CREATE TEMP VIEW mark AS
SELECT 0 AS delivery, '' AS status, 0.0 AS at, 0 AS attempts, 0.0 AS due_at,
       0 AS code, '' AS enhanced_code, '' AS reply, x'' AS sha256, '' AS subject, '' AS relay;

CREATE TEMP TRIGGER mark_delivery INSTEAD OF INSERT ON mark
BEGIN
    UPDATE delivery
    SET status = NEW.status,
        attempts = NEW.attempts,
        first_tried_at = coalesce(first_tried_at, NEW.at),
        due_at = NEW.due_at,
        handed_over_at = iif(NEW.status = 'HANDING_OVER', NEW.at, handed_over_at),
        accepted_at = iif(NEW.status = 'ACCEPTED', NEW.at, accepted_at),
        marked_at = NEW.at,
        code = NEW.code,
        enhanced_code = NEW.enhanced_code,
        reply = NEW.reply,
        sha256 = coalesce(NEW.sha256, sha256),
        subject = coalesce(NEW.subject, subject),
        edition = iif(NEW.status = 'HANDING_OVER', (SELECT edition FROM made_from), edition),
        epoch = iif(NEW.status = 'HANDING_OVER', (SELECT epoch FROM held), epoch),
        relay = iif(NEW.status = 'HANDING_OVER', NEW.relay, relay)
    WHERE id = NEW.delivery;  -- the table's own trigger refuses what is illegal
    SELECT RAISE(ABORT, 'illegal transition') WHERE changes() <> 1;
END;

-- name: transitions
SELECT before, after FROM transition;

-- name: forget-transitions
DELETE FROM transition;

-- name: add-transition
INSERT INTO transition (before, after) VALUES (?, ?);

-- name: apply
-- The marks of a group, in their order. In place of "marks" stands one row of parameters for each; rows of zeros fill the
-- group up to the next power of two, so that few different statements are ever prepared. The epoch is compared once for the
-- whole group: where the lock is another's by now, nothing is inserted, and the caller sees that nothing changed.
INSERT INTO mark SELECT * FROM (VALUES (marks))
WHERE column1 <> 0 AND (SELECT epoch FROM held) IS (SELECT epoch FROM lock);

-- name: status-of-ours
-- Of a letter that was last handed over in the epoch of this connection, and of which nothing is known since.
SELECT status FROM delivery
WHERE id = ? AND status IN ('HANDING_OVER', 'IN_DOUBT') AND epoch = (SELECT epoch FROM held);

-- name: apply-late
INSERT INTO mark VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: status-of
SELECT status FROM delivery WHERE id = ?;
