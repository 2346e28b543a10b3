-- Limits that all sessions of one campaign have in common. Times are the database's clock.

-- name: clear
-- Before a campaign is shared.
WITH paces AS (DELETE FROM all_pace WHERE campaign = this_campaign()),
     halt AS (DELETE FROM all_halt WHERE campaign = this_campaign()),
     use AS (DELETE FROM all_window_use WHERE campaign = this_campaign())
DELETE FROM all_window_hold WHERE campaign = this_campaign();

-- name: open
-- ``taken``: seconds for which moments have been given out by who had the campaign for itself.
INSERT INTO all_pace (name, spacing, doubles, most, next_at, asked_at)
VALUES (:name, :spacing, :doubles, CASE WHEN :doubles AND :spacing = 0 THEN 'Infinity'::float8 ELSE 1 END,
        extract(epoch FROM clock_timestamp()) + :taken, extract(epoch FROM clock_timestamp()))
ON CONFLICT DO NOTHING;

-- name: open-window
INSERT INTO all_window_use (relay, minute, letters) VALUES (:relay, :minute, :letters);

-- name: clock
SELECT extract(epoch FROM clock_timestamp())::float8;

-- name: take
SELECT now, first, letters, spacing FROM take_moments(:name, :wanted, :lead, :ahead);

-- name: told
UPDATE all_pace SET recent = right(recent || :endings, :most), in_doubt = in_doubt + :in_doubt
WHERE campaign = this_campaign() AND name = :name;

-- name: paces
SELECT name, spacing, share_at(share, slowed_at, doubles, most, clock.now), closed_until - clock.now, recent, in_doubt
FROM all_pace, (SELECT extract(epoch FROM clock_timestamp())::float8 AS now) AS clock
WHERE campaign = this_campaign();

-- name: halted
SELECT reason, cause FROM all_halt WHERE campaign = this_campaign();

-- name: halt
-- The first reason is kept, and nobody takes part any more until somebody confirms again.
WITH over AS (DELETE FROM all_shared_wave WHERE campaign = this_campaign())
INSERT INTO all_halt (reason, cause, at) VALUES (:reason, :cause, extract(epoch FROM clock_timestamp()))
ON CONFLICT DO NOTHING;

-- name: slow-relay
SELECT slow_relay(:name, :rate);

-- name: slow-destination
SELECT slow_destination(:name, :rate);

-- name: close-for
UPDATE all_pace SET closed_until = greatest(closed_until, extract(epoch FROM clock_timestamp()) + :seconds)
WHERE campaign = this_campaign() AND name = :name;

-- name: hold
SELECT hold_window(:name, :session, :used, :begun, :wanted, :limits, :lengths);

-- name: usage
SELECT minute, letters FROM all_window_use WHERE campaign = this_campaign() AND relay = :name ORDER BY minute;
