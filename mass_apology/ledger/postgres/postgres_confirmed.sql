-- What a person confirmed, and other processes go on with.

-- name: confirm
INSERT INTO all_shared_wave (wave, template, digest_parts, terms, is_open, confirmed_at)
VALUES (:wave, :template, :digest_parts, :terms, :is_open, extract(epoch FROM clock_timestamp()));

-- name: confirmed
SELECT wave, template, digest_parts, terms, is_open, confirmed_at FROM all_shared_wave WHERE campaign = this_campaign();

-- name: withdraw
DELETE FROM all_shared_wave WHERE campaign = this_campaign() AND NOT is_open;

-- name: close
DELETE FROM all_shared_wave WHERE campaign = this_campaign() AND confirmed_at = :confirmed_at;

-- name: take-up
-- What was asked of the earlier holder is asked of this one, too.
UPDATE all_lock
SET epoch = epoch + 1, host = :host, pid = :pid, started = :started,
    acquired_at = extract(epoch FROM clock_timestamp()), renewed_at = extract(epoch FROM clock_timestamp())
WHERE campaign = this_campaign() RETURNING epoch;

-- name: reopen-wave
-- Letters of a further wave may have numbers in a chunk that had none to send any more.
UPDATE all_chunk SET planned = true
WHERE campaign = this_campaign() AND NOT planned
  AND id IN (SELECT (id - 1) / 1000 FROM all_delivery WHERE campaign = this_campaign() AND wave = :wave);

-- name: begin-closing
-- One process at a time, for as long as its session lasts or until it ends that.
SELECT pg_advisory_lock(1833062480, this_campaign());

-- name: end-closing
SELECT pg_advisory_unlock(1833062480, this_campaign());

-- name: due
SELECT EXISTS (SELECT 1 FROM delivery WHERE wave = :wave AND status IN ('PLANNED', 'DEFERRED', 'HANDING_OVER'));

-- name: campaigns
-- Those of the installation that somebody confirmed letters of, and that are in use here: the oldest confirmation first.
SELECT slot, name, ledger FROM all_shared_wave
JOIN all_campaign ON all_campaign.id = all_shared_wave.campaign
JOIN all_origin ON all_origin.campaign = all_shared_wave.campaign
WHERE NOT EXISTS (SELECT 1 FROM all_relocation WHERE all_relocation.campaign = all_shared_wave.campaign)
ORDER BY confirmed_at, all_campaign.id;
