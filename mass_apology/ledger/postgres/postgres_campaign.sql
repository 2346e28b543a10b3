-- Campaigns of an installation.

-- name: find
SELECT id, name, digest_parts = '{}' AND NOT EXISTS (SELECT 1 FROM all_recipient WHERE campaign = all_campaign.id)
FROM all_campaign WHERE slot = :slot;

-- name: other-of-folder
-- The campaign that was last sent from a folder, or planned there.
SELECT name FROM all_campaign JOIN all_origin ON all_origin.campaign = all_campaign.id
WHERE host = :host AND folder = :folder AND EXISTS (SELECT 1 FROM all_recipient WHERE campaign = all_campaign.id)
ORDER BY id DESC LIMIT 1;

-- name: add
INSERT INTO all_campaign (slot, name, key, created_at) VALUES (:slot, :name, :key, :now) ON CONFLICT DO NOTHING RETURNING id;

-- name: add-lock
INSERT INTO all_lock (campaign) VALUES (:campaign);

-- name: add-origin
INSERT INTO all_origin (campaign, ledger, host, folder, cluster) VALUES (:campaign, :ledger, :host, :folder, :cluster);

-- name: cluster
-- A copy of the server's files has the same identifier until one of them is promoted, which begins a timeline. The control
-- file tells of that only minutes later, with the next checkpoint; the log that is written tells at once.
SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || CASE WHEN pg_is_in_recovery()
    THEN (SELECT timeline_id FROM pg_control_checkpoint())
    ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer END;

-- name: settled-at
SELECT host, folder, cluster FROM origin;

-- name: settle
UPDATE origin SET host = :host, folder = :folder, cluster = :cluster;
