-- What of moving a ledger is PostgreSQL's own business.

-- name: relocate
INSERT INTO all_relocation (stage, place, at) VALUES (:stage, :place, :now)
ON CONFLICT (campaign) DO UPDATE SET stage = excluded.stage, place = excluded.place, at = excluded.at;

-- name: empty-marks
DELETE FROM all_mark WHERE campaign = this_campaign();

-- name: empty-outcomes
DELETE FROM all_outcome WHERE campaign = this_campaign();

-- name: empty-chunks
-- They are made of the letters when a wave is shared.
DELETE FROM all_chunk WHERE campaign = this_campaign();

-- name: empty-sessions
DELETE FROM all_session WHERE campaign = this_campaign();

-- name: empty-shared
DELETE FROM all_shared_wave WHERE campaign = this_campaign();

-- name: empty-limits
WITH paces AS (DELETE FROM all_pace WHERE campaign = this_campaign()),
     halt AS (DELETE FROM all_halt WHERE campaign = this_campaign()),
     use AS (DELETE FROM all_window_use WHERE campaign = this_campaign())
DELETE FROM all_window_hold WHERE campaign = this_campaign();

-- name: add-edition
INSERT INTO edition (wave, digest, digest_parts, first_at) VALUES (:wave, :digest, :digest_parts, :first_at) RETURNING id;

-- name: tables
-- Letters as they come, and the number that each edition has here.
CREATE TEMP TABLE arrived_letter (
    id bigint, recipient bigint, wave text, status text, message_id text, language text, canary smallint, attempts integer,
    planned_at float8, first_tried_at float8, due_at float8, handed_over_at float8, accepted_at float8, marked_at float8,
    code integer, enhanced_code text, reply text, sha256 bytea, subject text, edition bigint, epoch bigint, repeats bigint,
    same_id smallint, relay text, stays smallint
) ON COMMIT DROP;
CREATE TEMP TABLE arrived_edition (number bigint, edition bigint) ON COMMIT DROP;

-- name: number-edition
INSERT INTO arrived_edition (number, edition) VALUES (:number, :edition);

-- name: letters
INSERT INTO all_delivery (id, recipient, wave, message_id, language, canary, planned_at, repeats, same_id)
SELECT id, recipient, wave, message_id, language, canary, planned_at, repeats, same_id FROM arrived_letter;

-- name: outcomes
-- Letters that are over. Any mark that comes later has a larger number.
INSERT INTO all_outcome (campaign, delivery, seq, status, attempts, first_tried_at, due_at, handed_over_at, accepted_at,
                         marked_at, code, enhanced_code, reply, sha256, subject, edition, epoch, relay, stays)
SELECT this_campaign(), id, 0, status, attempts, first_tried_at, due_at, handed_over_at, accepted_at,
       marked_at, code, enhanced_code, reply, sha256, subject, arrived_edition.edition, epoch, relay, stays
FROM arrived_letter LEFT JOIN arrived_edition ON number = arrived_letter.edition
WHERE status IN ('ACCEPTED', 'REFUSED', 'EXPIRED', 'WITHHELD', 'BOUNCED', 'COMPLAINED');

-- name: marks
-- The others, but for those of which nothing is to be said.
INSERT INTO all_mark (delivery, status, attempts, first_tried_at, due_at, handed_over_at, accepted_at, marked_at, code,
                      enhanced_code, reply, sha256, subject, edition, epoch, relay, stays)
SELECT id, status, attempts, first_tried_at, due_at, handed_over_at, accepted_at, marked_at, code,
       enhanced_code, reply, sha256, subject, arrived_edition.edition, epoch, relay, stays
FROM arrived_letter LEFT JOIN arrived_edition ON number = arrived_letter.edition
WHERE status IN ('DEFERRED', 'HANDING_OVER', 'IN_DOUBT') OR (status = 'PLANNED' AND (
    attempts <> 0 OR stays <> 0 OR num_nonnulls(first_tried_at, due_at, handed_over_at, accepted_at, marked_at, code,
    enhanced_code, reply, sha256, subject, arrived_letter.edition, epoch, relay) > 0));

-- name: compact
VACUUM all_recipient, all_further_customer, all_delivery, all_mark, all_outcome, all_code, all_choice, all_withheld, all_feedback, all_armed, all_note, all_letter_file, all_letter_content;
