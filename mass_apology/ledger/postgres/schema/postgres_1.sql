-- The ledgers of an installation, version 1: many campaigns in one schema. Times are Unix seconds (UTC).
--
-- A table `all_…` holds the rows of all campaigns; the view of that name without `all_` shows those of the session's own
-- campaign, with the columns that a ledger of one campaign has everywhere. What senders and readers run is written for
-- the views.

CREATE TABLE all_campaign (
    id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slot         text NOT NULL UNIQUE,         -- what a campaign's folder asks for
    name         text NOT NULL,
    key          bytea NOT NULL,               -- 32 secret octets, the key of the Message-IDs
    created_at   float8 NOT NULL,
    digest_parts text NOT NULL DEFAULT '{}',   -- JSON object: what was planned from (file, template, …) → its digest
    header       text NOT NULL DEFAULT '[]'    -- JSON array: the column names of the recipients file
);

-- The session says which campaign it is about.
CREATE FUNCTION this_campaign() RETURNS integer STABLE PARALLEL SAFE LANGUAGE sql
RETURN current_setting('mass_apology.campaign')::integer;

-- The numbers of a JSON array, under the name that SQLite has for it.
CREATE FUNCTION json_each(numbers text) RETURNS TABLE (value bigint) IMMUTABLE PARALLEL SAFE LANGUAGE sql
AS 'SELECT json_array_elements_text(numbers::json)::bigint';

CREATE FUNCTION instr(string text, part text) RETURNS integer IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN strpos(string, part);

CREATE VIEW campaign AS SELECT name, key, digest_parts, header FROM all_campaign WHERE id = this_campaign();

-- Which ledger this is, and where it was last sent from. A database that was put back, or one that took the place of
-- another, has another history or lacks what was recorded since.
CREATE TABLE all_origin (
    campaign     integer PRIMARY KEY DEFAULT this_campaign() REFERENCES all_campaign (id) ON DELETE CASCADE,
    ledger       text NOT NULL,               -- 32 random hexadecimal digits, made with the ledger
    host         text NOT NULL,
    folder       text NOT NULL,               -- absolute path
    cluster      text NOT NULL,               -- the server's system identifier and timeline
    suppressions text NOT NULL DEFAULT '',    -- absolute path of the suppression list that was used last
    suppressed   bigint NOT NULL DEFAULT 0,   -- entries that it had then
    log_size     bigint NOT NULL DEFAULT 0,   -- of log.jsonl, octets: so far it tells nothing that is not recorded here
    log_end      text NOT NULL DEFAULT ''     -- SHA-256 of the last octets before that, to know the log again
);
CREATE VIEW origin AS
SELECT ledger, host, folder, cluster, suppressions, suppressed, log_size, log_end FROM all_origin
WHERE campaign = this_campaign();

-- Runs that were begun.
CREATE TABLE all_run (
    campaign integer NOT NULL DEFAULT this_campaign() REFERENCES all_campaign (id) ON DELETE CASCADE,
    id       text NOT NULL,  -- 32 random hexadecimal digits
    began_at float8 NOT NULL,
    PRIMARY KEY (campaign, id)
);
CREATE VIEW run AS SELECT id, began_at FROM all_run WHERE campaign = this_campaign();

-- Ledgers of the campaign that this one takes the place of, because a person said so.
CREATE TABLE all_replaced (
    campaign integer NOT NULL DEFAULT this_campaign() REFERENCES all_campaign (id) ON DELETE CASCADE,
    ledger   text NOT NULL,
    at       float8 NOT NULL,
    PRIMARY KEY (campaign, ledger)
);
CREATE VIEW replaced AS SELECT ledger, at FROM all_replaced WHERE campaign = this_campaign();

-- Who may hand letters over, and what a person asks of them. The epoch grows with every holder and is compared in the
-- statement that writes HANDING_OVER. Times are the database's own. Whoever changes anything of the campaign changes this
-- row first, so that they come one after the other.
CREATE TABLE all_lock (
    campaign    integer PRIMARY KEY DEFAULT this_campaign() REFERENCES all_campaign (id) ON DELETE CASCADE,
    epoch       bigint NOT NULL DEFAULT 0,
    host        text,
    pid         integer,
    started     text,  -- tells the process from a later one with its pid, and the machine from others of its name
    acquired_at float8,
    renewed_at  float8,
    wanted      text NOT NULL DEFAULT 'run' CHECK (wanted IN ('run', 'pause', 'stop')),  -- sender_state.Control
    changes     bigint NOT NULL DEFAULT 0  -- grows with every transaction that may change anything
) WITH (fillfactor = 50);
CREATE VIEW lock AS
SELECT epoch, host, pid, started, acquired_at, renewed_at, wanted, changes FROM all_lock WHERE campaign = this_campaign();

-- What the last run said of itself last, about once a second, for whoever watches.
CREATE TABLE all_sender_report (
    campaign integer PRIMARY KEY DEFAULT this_campaign() REFERENCES all_campaign (id) ON DELETE CASCADE,
    id       integer NOT NULL,  -- 1
    epoch    bigint NOT NULL,
    report   text NOT NULL  -- JSON object: sender_state.SenderReport
) WITH (fillfactor = 50);
CREATE VIEW sender_report AS SELECT id, epoch, report FROM all_sender_report WHERE campaign = this_campaign();

-- A person to write to. Ids are given in the order of the file, so letters go out in that order.
CREATE TABLE all_recipient (
    campaign  integer NOT NULL DEFAULT this_campaign(),
    id        bigint NOT NULL,
    identity  bigint NOT NULL,  -- what the Message-IDs of this recipient are made from: never changes
    mailbox   bigint NOT NULL,  -- 64-bit hash of the address, however it is spelled
    customer  bigint,           -- of the key, as the letter was for it; NULL where no key was named
    person    bigint,           -- of the name, as the file had it last; NULL where there is none, or several
    address   text NOT NULL,
    name      text NOT NULL,
    language  text NOT NULL,    -- what the row asks for
    time_zone text NOT NULL,
    lines     text NOT NULL,    -- JSON array: line numbers in the recipients file
    rows      text NOT NULL,    -- JSON array of objects: the rows' non-empty fields
    left_at   float8,           -- when a plan first found no usable row of theirs in the file; NULL while there is one
    PRIMARY KEY (campaign, id),
    UNIQUE (campaign, identity)
);
CREATE INDEX recipient_mailbox ON all_recipient (campaign, mailbox);
CREATE INDEX recipient_address ON all_recipient (campaign, address);
CREATE FUNCTION number_recipient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT coalesce(max(id), 0) + 1 INTO NEW.id FROM all_recipient WHERE campaign = NEW.campaign;
    RETURN NEW;
END $$;
CREATE TRIGGER recipient_number BEFORE INSERT ON all_recipient FOR EACH ROW WHEN (NEW.id IS NULL)
EXECUTE FUNCTION number_recipient();
CREATE VIEW recipient AS
SELECT id, identity, mailbox, customer, person, address, name, language, time_zone, lines, rows, left_at FROM all_recipient
WHERE campaign = this_campaign();

-- The other keys of recipients who are several customers of one mailbox.
CREATE TABLE all_further_customer (
    campaign  integer NOT NULL DEFAULT this_campaign(),
    recipient bigint NOT NULL,
    customer  bigint NOT NULL,
    PRIMARY KEY (campaign, recipient, customer)
);
CREATE VIEW further_customer AS SELECT recipient, customer FROM all_further_customer WHERE campaign = this_campaign();

-- What letters of a wave were made from: one row for each different set of files. The digest is over the parts.
CREATE TABLE all_edition (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign     integer NOT NULL DEFAULT this_campaign() REFERENCES all_campaign (id) ON DELETE CASCADE,
    wave         text NOT NULL,
    digest       text NOT NULL,  -- SHA-256, hexadecimal
    digest_parts text NOT NULL,  -- JSON object, as of the campaign's plan
    first_at     float8 NOT NULL,  -- when sending from it began
    UNIQUE (campaign, wave, digest)
);
CREATE VIEW edition AS SELECT id, wave, digest, digest_parts, first_at FROM all_edition WHERE campaign = this_campaign();

-- The largest letter of a wave, as it was planned last: whether a relay takes it is known before anything leaves. Octets.
CREATE TABLE all_largest_letter (
    campaign integer NOT NULL DEFAULT this_campaign() REFERENCES all_campaign (id) ON DELETE CASCADE,
    wave     text NOT NULL,
    octets   bigint NOT NULL,
    encoded  bigint NOT NULL,  -- the same letter for a relay that takes no 8bit content
    line     bigint NOT NULL,  -- where its first row starts in the recipients file
    PRIMARY KEY (campaign, wave)
);
CREATE VIEW largest_letter AS SELECT wave, octets, encoded, line FROM all_largest_letter WHERE campaign = this_campaign();

-- Codes for recipients, such as vouchers: each is somebody's for good, and nobody has two.
CREATE TABLE all_code (
    campaign  integer NOT NULL DEFAULT this_campaign(),
    code      text NOT NULL,
    recipient bigint NOT NULL,
    PRIMARY KEY (campaign, code),
    UNIQUE (campaign, recipient)
);
CREATE VIEW code AS SELECT code, recipient FROM all_code WHERE campaign = this_campaign();

-- One recipient in one wave, as it was planned. The id is the letter's outgoing number, the Message-ID is fixed before
-- anything is sent. No mark changes these rows: so the table neither grows with what becomes of letters nor needs a vacuum.
CREATE TABLE all_delivery (
    campaign   integer NOT NULL DEFAULT this_campaign(),
    id         bigint NOT NULL,
    recipient  bigint NOT NULL,
    wave       text NOT NULL,
    message_id text COLLATE "C" NOT NULL,
    language   text NOT NULL,                -- the letter's
    canary     smallint NOT NULL DEFAULT 0,  -- 1: goes before the others
    planned_at float8 NOT NULL,
    repeats    bigint,                       -- the letter that this one is once more; NULL where it is none
    same_id    smallint NOT NULL DEFAULT 0,  -- 1: its header has that letter's Message-ID, and not its own
    PRIMARY KEY (campaign, id),
    UNIQUE (campaign, recipient, wave)
);
CREATE INDEX delivery_message_id ON all_delivery (campaign, message_id);
CREATE INDEX delivery_canary ON all_delivery (campaign, id) WHERE canary = 1;

-- What became of letters: each row is all that is known of one since then, and the latest of a letter counts. Rows are
-- only added; those of letters that are over are folded into one of all_outcome each, and deleted together.
CREATE TABLE all_mark (
    campaign       integer NOT NULL DEFAULT this_campaign(),
    delivery       bigint NOT NULL,
    seq            bigint GENERATED ALWAYS AS IDENTITY,
    status         text NOT NULL,
    attempts       integer NOT NULL,
    first_tried_at float8,   -- the first mark; giving up counts from here
    due_at         float8,   -- for DEFERRED: not before
    handed_over_at float8,   -- the last time the final dot was about to be written
    accepted_at    float8,
    marked_at      float8,   -- the last change of status
    code           integer,  -- the last reply, its enhanced code, and its text or what happened instead of one
    enhanced_code  text,
    reply          text,
    sha256         bytea,    -- of the message's octets
    subject        text,     -- the message's, when it was handed over last
    edition        bigint,   -- what it was made from then
    epoch          bigint,   -- of who handed it over then, as in all_lock
    relay          text,     -- through which it was handed over last; NULL where the campaign has one without a name
    stays          smallint NOT NULL DEFAULT 0,  -- 1: it was in doubt, so it goes through no other relay any more
    PRIMARY KEY (campaign, delivery, seq)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX mark_deferred ON all_mark (campaign, due_at) WHERE status = 'DEFERRED';

-- What became of letters in the end. A bounce that comes later is a mark, and takes the row's place when it is folded.
CREATE TABLE all_outcome (
    campaign       integer NOT NULL,
    delivery       bigint NOT NULL,
    seq            bigint NOT NULL,  -- of the mark; the columns are those of all_mark
    status         text NOT NULL,
    attempts       integer NOT NULL,
    first_tried_at float8,
    due_at         float8,
    handed_over_at float8,
    accepted_at    float8,
    marked_at      float8,
    code           integer,
    enhanced_code  text,
    reply          text,
    sha256         bytea,
    subject        text,
    edition        bigint,
    epoch          bigint,
    relay          text,
    stays          smallint NOT NULL,
    PRIMARY KEY (campaign, delivery)
);
-- The last word of an accepting reply: "Ok 0102018c…", "Ok: queued as 4XYZ", "OK id=1abc-…".
CREATE INDEX outcome_relay_id ON all_outcome (campaign, substr(reply, length(rtrim(reply, replace(reply, ' ', ''))) + 1))
WHERE status = 'ACCEPTED' AND code >= 200 AND code < 300;

-- From which status a letter may go to which: model.TRANSITIONS, put here by the program.
CREATE TABLE transition (
    before text NOT NULL,
    after  text NOT NULL,
    PRIMARY KEY (before, after)
);

-- A letter as it is now. Statements that change a few letters change this view: its triggers add a mark, and refuse
-- what the table above has no way for.
CREATE VIEW delivery AS
SELECT planned.id, planned.recipient, planned.wave, coalesce(state.status, 'PLANNED') AS status, planned.message_id,
       planned.language, planned.canary, coalesce(state.attempts, 0) AS attempts, planned.planned_at, state.first_tried_at,
       state.due_at, state.handed_over_at, state.accepted_at, state.marked_at, state.code, state.enhanced_code, state.reply,
       state.sha256, state.subject, state.edition, state.epoch, planned.repeats, planned.same_id, state.relay,
       coalesce(state.stays, 0::smallint) AS stays
FROM all_delivery AS planned
LEFT JOIN LATERAL (
    (SELECT seq, status, attempts, first_tried_at, due_at, handed_over_at, accepted_at, marked_at, code, enhanced_code, reply,
            sha256, subject, edition, epoch, relay, stays
     FROM all_mark AS mark WHERE mark.campaign = planned.campaign AND mark.delivery = planned.id
     ORDER BY seq DESC LIMIT 1)
    UNION ALL
    (SELECT seq, status, attempts, first_tried_at, due_at, handed_over_at, accepted_at, marked_at, code, enhanced_code, reply,
            sha256, subject, edition, epoch, relay, stays
     FROM all_outcome AS outcome WHERE outcome.campaign = planned.campaign AND outcome.delivery = planned.id)
    ORDER BY seq DESC LIMIT 1
) AS state ON TRUE
WHERE planned.campaign = this_campaign();

CREATE FUNCTION plan_letter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> 'PLANNED' THEN
        RAISE EXCEPTION 'illegal transition' USING ERRCODE = 'MA001';
    END IF;
    IF NEW.id IS NULL THEN
        SELECT coalesce(max(id), 0) + 1 INTO NEW.id FROM all_delivery WHERE campaign = this_campaign();
    END IF;
    INSERT INTO all_delivery (id, recipient, wave, message_id, language, canary, planned_at, repeats, same_id)
    VALUES (NEW.id, NEW.recipient, NEW.wave, NEW.message_id, NEW.language, coalesce(NEW.canary, 0), NEW.planned_at,
            NEW.repeats, coalesce(NEW.same_id, 0));
    RETURN NEW;
END $$;
CREATE TRIGGER delivery_begins INSTEAD OF INSERT ON delivery FOR EACH ROW EXECUTE FUNCTION plan_letter();

CREATE FUNCTION change_letter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> OLD.status
       AND NOT EXISTS (SELECT 1 FROM transition WHERE before = OLD.status AND after = NEW.status) THEN
        RAISE EXCEPTION 'illegal transition' USING ERRCODE = 'MA001';
    END IF;
    IF (NEW.message_id, NEW.language) <> (OLD.message_id, OLD.language) THEN
        UPDATE all_delivery SET message_id = NEW.message_id, language = NEW.language
        WHERE campaign = this_campaign() AND id = NEW.id;
    END IF;
    INSERT INTO all_mark (delivery, status, attempts, first_tried_at, due_at, handed_over_at, accepted_at, marked_at, code,
                          enhanced_code, reply, sha256, subject, edition, epoch, relay, stays)
    SELECT NEW.id, NEW.status, NEW.attempts, NEW.first_tried_at, NEW.due_at, NEW.handed_over_at, NEW.accepted_at,
           NEW.marked_at, NEW.code, NEW.enhanced_code, NEW.reply, NEW.sha256, NEW.subject, NEW.edition, NEW.epoch,
           NEW.relay, NEW.stays
    WHERE (NEW.status, NEW.attempts, NEW.first_tried_at, NEW.due_at, NEW.handed_over_at, NEW.accepted_at, NEW.marked_at,
           NEW.code, NEW.enhanced_code, NEW.reply, NEW.sha256, NEW.subject, NEW.edition, NEW.epoch, NEW.relay, NEW.stays)
       IS DISTINCT FROM
          (OLD.status, OLD.attempts, OLD.first_tried_at, OLD.due_at, OLD.handed_over_at, OLD.accepted_at, OLD.marked_at,
           OLD.code, OLD.enhanced_code, OLD.reply, OLD.sha256, OLD.subject, OLD.edition, OLD.epoch, OLD.relay, OLD.stays);
    RETURN NEW;
END $$;
CREATE TRIGGER delivery_changes INSTEAD OF UPDATE ON delivery FOR EACH ROW EXECUTE FUNCTION change_letter();

-- Only a letter that never left may be forgotten.
CREATE FUNCTION forget_letter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'WITHHELD' THEN
        RAISE EXCEPTION 'illegal transition' USING ERRCODE = 'MA001';
    END IF;
    DELETE FROM all_mark WHERE campaign = this_campaign() AND delivery = OLD.id;
    DELETE FROM all_outcome WHERE campaign = this_campaign() AND delivery = OLD.id;
    DELETE FROM all_delivery WHERE campaign = this_campaign() AND id = OLD.id;
    RETURN OLD;
END $$;
CREATE TRIGGER delivery_ends INSTEAD OF DELETE ON delivery FOR EACH ROW EXECUTE FUNCTION forget_letter();

-- Which remedy a recipient chose, of those a letter offers; the last choice counts.
CREATE TABLE all_choice (
    campaign  integer NOT NULL DEFAULT this_campaign(),
    delivery  bigint NOT NULL,  -- the letter whose token was used
    remedy    text NOT NULL,
    chosen_at float8 NOT NULL,
    source    text NOT NULL,    -- the file or mailbox it was read from
    PRIMARY KEY (campaign, delivery, remedy, chosen_at)
);
CREATE VIEW choice AS SELECT delivery, remedy, chosen_at, source FROM all_choice WHERE campaign = this_campaign();

-- Rows of the recipients file that cannot be written to, as the last plan of their wave found them.
CREATE TABLE all_withheld (
    campaign    integer NOT NULL DEFAULT this_campaign(),
    wave        text NOT NULL,
    line        bigint NOT NULL,
    identity    bigint,         -- whose row it is, as all_recipient.identity; NULL where nobody can tell
    recipient   bigint,         -- the same, where the ledger knows them
    address     text NOT NULL,
    reason      text NOT NULL,
    "row"       text NOT NULL,  -- JSON object: the row's non-empty fields, as far as they can be told
    withheld_at float8 NOT NULL
);
CREATE INDEX withheld_wave ON all_withheld (campaign, wave, line);
CREATE INDEX withheld_recipient ON all_withheld (campaign, recipient) WHERE recipient IS NOT NULL;
CREATE VIEW withheld AS
SELECT wave, line, identity, recipient, address, reason, "row", withheld_at FROM all_withheld WHERE campaign = this_campaign();

-- People whose rows were set aside and who have no letter in that wave, each once, however many rows they have. Rows of
-- somebody who has a letter are not counted beside it: it may have been sent before they were spoilt, or from other rows.
CREATE VIEW person_set_aside AS
SELECT wave, min(line) AS line, '[' || string_agg(line::text, ',' ORDER BY line) || ']' AS lines,
       (array_agg(address ORDER BY line))[1] AS address,
       CASE WHEN min(reason) = max(reason) THEN min(reason)
            ELSE string_agg('Line ' || line || ': ' || reason, ' ' ORDER BY line) END AS reason,
       '[' || string_agg("row", ',' ORDER BY line) || ']' AS rows, max(withheld_at) AS withheld_at
FROM all_withheld AS aside
WHERE campaign = this_campaign() AND NOT EXISTS (
    SELECT 1 FROM all_delivery AS letter
    WHERE letter.campaign = aside.campaign AND letter.recipient = aside.recipient AND letter.wave = aside.wave)
GROUP BY wave, coalesce('person ' || identity, 'line ' || line);

-- Consent to a further wave: no more letters than these, from just these files. An unattended run goes by it.
CREATE TABLE all_armed (
    campaign     integer NOT NULL DEFAULT this_campaign() REFERENCES all_campaign (id) ON DELETE CASCADE,
    wave         text NOT NULL,
    at           float8 NOT NULL,
    by           text NOT NULL,    -- who typed the number
    letters      bigint NOT NULL,  -- of the whole wave, at the most
    digest_parts text NOT NULL,    -- JSON object, as of the campaign's plan
    PRIMARY KEY (campaign, wave)
);
CREATE VIEW armed AS SELECT wave, at, by, letters, digest_parts FROM all_armed WHERE campaign = this_campaign();

-- What came back: every message or event once, with a row for each recipient it speaks of.
CREATE TABLE all_feedback (
    campaign integer NOT NULL DEFAULT this_campaign(),
    key      text NOT NULL,     -- SHA-256 of the message or event
    part     bigint NOT NULL,   -- 0 for the first recipient it speaks of
    read_at  float8 NOT NULL,
    at       float8,            -- the message's own date, as claimed
    kind     text NOT NULL,     -- bounces.report.Kind
    cause    text,              -- of a failure: bounces.report.Cause
    delivery bigint,            -- whose letter it is about; NULL where it could not be told
    proven   smallint NOT NULL, -- 1: matched by something that an outsider cannot guess
    address  text NOT NULL,     -- as reported; empty where it is not, or was purged
    detail   text NOT NULL,     -- what the last server said, or the subject
    becomes  text,              -- the status that it gives its letter, until that is done: a letter on its way waits
    said     text,              -- what the letter's record says then
    PRIMARY KEY (campaign, key, part)
);
CREATE INDEX feedback_delivery ON all_feedback (campaign, delivery) WHERE delivery IS NOT NULL;
CREATE INDEX feedback_waiting ON all_feedback (campaign, delivery) WHERE becomes IS NOT NULL;
CREATE VIEW feedback AS
SELECT key, part, read_at, at, kind, cause, delivery, proven, address, detail, becomes, said FROM all_feedback
WHERE campaign = this_campaign();

-- What was done that somebody may ask about later: a lock taken over, letters in doubt sent again.
CREATE TABLE all_note (
    campaign integer NOT NULL DEFAULT this_campaign() REFERENCES all_campaign (id) ON DELETE CASCADE,
    rowid    bigint GENERATED ALWAYS AS IDENTITY,
    at       float8 NOT NULL,
    what     text NOT NULL,
    PRIMARY KEY (campaign, rowid)
);
CREATE VIEW note AS SELECT rowid, at, what FROM all_note WHERE campaign = this_campaign();

CREATE VIEW customer_of_recipient AS
SELECT id AS recipient, customer FROM recipient WHERE customer IS NOT NULL
UNION ALL
SELECT recipient, customer FROM further_customer;

-- A delivery and, as a JSON object, all that its letter is rendered from: the fields of model.Delivery. A letter that goes
-- once more under its Message-ID answers what the first answered, and nothing answers it.
CREATE VIEW letter AS
SELECT delivery.id, delivery.wave, delivery.status, delivery.canary, delivery.due_at, json_build_object(
    'id', delivery.id, 'address', address, 'name', name, 'language', delivery.language, 'time_zone', time_zone,
    'lines', lines, 'rows', rows, 'message_id', delivery.message_id, 'wave', delivery.wave,
    'thread', CASE WHEN delivery.wave = 'first' THEN '[]'::json ELSE (
        SELECT coalesce(json_agg(earlier.message_id ORDER BY earlier.id), '[]'::json) FROM delivery AS earlier
        WHERE earlier.recipient = delivery.recipient
          AND earlier.id < CASE WHEN delivery.same_id = 1 THEN delivery.repeats ELSE delivery.id END
          AND earlier.accepted_at IS NOT NULL AND earlier.same_id = 0) END,
    'thread_subject', CASE WHEN delivery.wave = 'first' THEN '' ELSE coalesce((
        SELECT earlier.subject FROM delivery AS earlier
        WHERE earlier.recipient = delivery.recipient
          AND earlier.id < CASE WHEN delivery.same_id = 1 THEN delivery.repeats ELSE delivery.id END
          AND earlier.accepted_at IS NOT NULL AND earlier.same_id = 0
        ORDER BY earlier.id DESC LIMIT 1), '') END,
    'header_id', CASE WHEN delivery.same_id = 1
        THEN (SELECT before.message_id FROM delivery AS before WHERE before.id = delivery.repeats) ELSE '' END,
    'number', delivery.id, 'code', coalesce((SELECT code.code FROM code WHERE code.recipient = recipient.id), ''),
    'attempts', delivery.attempts, 'first_tried_at', delivery.first_tried_at, 'left_file', left_at IS NOT NULL,
    'relay', CASE WHEN delivery.stays = 1 OR delivery.status = 'IN_DOUBT' THEN delivery.relay END
    ) AS json
FROM delivery JOIN recipient ON recipient.id = delivery.recipient;
