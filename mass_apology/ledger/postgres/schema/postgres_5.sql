-- Version 5: sessions that share a campaign keep its limits together.

-- A pace that all of them have in common: of a relay, or of a destination. Moments are given out by the generic cell rate
-- algorithm (GCRA, ITU-T I.371): next_at is its theoretical arrival time. All times are the database's clock.
CREATE TABLE all_pace (
    campaign     integer NOT NULL DEFAULT this_campaign() REFERENCES all_campaign (id) ON DELETE CASCADE,
    name         text NOT NULL,                -- "relay", "relay ses", "destination gmail.com"
    spacing      float8 NOT NULL DEFAULT 0,    -- seconds between two letters at the full rate; 0: no limit
    next_at      float8 NOT NULL DEFAULT 0,    -- no letter leaves from then on whose moment was not given out
    asked_at     float8 NOT NULL DEFAULT 0,    -- when next_at was set
    share        float8 NOT NULL DEFAULT 1,    -- of the full rate, at slowed_at: it was throttled, and climbs back
    slowed_at    float8 NOT NULL DEFAULT 0,
    doubles      boolean NOT NULL DEFAULT false, -- it climbs by doubling every minute, and not evenly in five minutes
    most         float8 NOT NULL DEFAULT 1,    -- that the share climbs to
    closed_until float8 NOT NULL DEFAULT 0,    -- the relay's own quota
    recent       text NOT NULL DEFAULT '',     -- how its last letters ended, for the breaker: a letter for each
    in_doubt     bigint NOT NULL DEFAULT 0,    -- letters, since this campaign was shared
    PRIMARY KEY (campaign, name)
) WITH (fillfactor = 50);

-- Why all of them stop, and no one but a person starts them again.
CREATE TABLE all_halt (
    campaign integer PRIMARY KEY DEFAULT this_campaign() REFERENCES all_campaign (id) ON DELETE CASCADE,
    reason   text NOT NULL,  -- as sentences
    cause    text NOT NULL,  -- model.StopCause
    at       float8 NOT NULL
);

-- What was handed over through a relay that has windows, by the minute.
CREATE TABLE all_window_use (
    campaign integer NOT NULL DEFAULT this_campaign() REFERENCES all_campaign (id) ON DELETE CASCADE,
    relay    text NOT NULL,    -- as all_pace.name
    minute   bigint NOT NULL,  -- Unix seconds of its start
    letters  bigint NOT NULL,
    PRIMARY KEY (campaign, relay, minute)
) WITH (fillfactor = 50);

-- What a session may hand over beside that, or has begun to. When it has not been heard of for a minute, it counts as used.
CREATE TABLE all_window_hold (
    campaign integer NOT NULL DEFAULT this_campaign() REFERENCES all_campaign (id) ON DELETE CASCADE,
    relay    text NOT NULL,
    session  text NOT NULL,
    letters  bigint NOT NULL,
    at       float8 NOT NULL,
    PRIMARY KEY (campaign, relay, session)
) WITH (fillfactor = 50);

-- The share of the full rate in use at :now.
CREATE FUNCTION share_at(share float8, slowed_at float8, doubles boolean, most float8, now float8) RETURNS float8
LANGUAGE sql IMMUTABLE AS $$
    SELECT least(most, CASE WHEN doubles THEN share * power(2.0::float8, least(1000, greatest(0, now - slowed_at) / 60))
                            ELSE share + greatest(0, now - slowed_at) / 300 END)
$$;

-- GCRA: at most :wanted moments from :now + :lead on and none after :now + :ahead. A moment that nobody asked for in time is
-- lost. Where the clock was set back, what was given out goes on as it would have.
CREATE FUNCTION moments_at(
    next_at float8, asked_at float8, spacing float8, wanted integer, lead float8, ahead float8, now float8,
    OUT first float8, OUT letters integer, OUT next float8
) LANGUAGE sql IMMUTABLE AS $$
    WITH settled AS (SELECT next_at - greatest(0, asked_at - now) AS due),
    begun AS (SELECT due, greatest(due, now + lead) AS first FROM settled),
    given AS (SELECT due, first, CASE WHEN first > now + ahead THEN 0
                                      ELSE least(wanted, floor((now + ahead - first) / spacing)::integer + 1) END AS letters
              FROM begun)
    SELECT first, letters, CASE WHEN letters = 0 THEN due ELSE first + letters * spacing END FROM given
$$;

-- Take moments of a pace: the database's time, the first of them, how many, and the seconds between two. One session after
-- the other; the clock is read when it is this one's turn. Nothing of this has to survive a crash.
CREATE FUNCTION take_moments(
    whose text, wanted integer, lead float8, ahead float8,
    OUT now float8, OUT first float8, OUT letters integer, OUT spacing float8
) LANGUAGE plpgsql AS $$
DECLARE
    pace all_pace;
    found record;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    SELECT * INTO pace FROM all_pace WHERE campaign = this_campaign() AND name = whose FOR UPDATE;
    now := extract(epoch FROM clock_timestamp());
    spacing := pace.spacing / share_at(pace.share, pace.slowed_at, pace.doubles, pace.most, now);
    IF spacing IS NULL OR spacing <= 0 THEN
        first := now;
        letters := 0;
        spacing := 0;
        RETURN;
    END IF;
    SELECT * INTO found FROM moments_at(pace.next_at, pace.asked_at, spacing, wanted, lead, ahead, now);
    first := found.first;
    letters := found.letters;
    UPDATE all_pace SET next_at = found.next, asked_at = now WHERE campaign = this_campaign() AND name = whose;
END $$;

-- A relay throttles: half of the rate, at most once a second. :observed is the whole rate where there is none.
CREATE FUNCTION slow_relay(whose text, observed float8) RETURNS void LANGUAGE sql AS $$
    UPDATE all_pace SET spacing = CASE WHEN spacing > 0 THEN spacing ELSE 1 / greatest(observed, 1) END,
        share = greatest(1.0 / 64, share_at(share, slowed_at, doubles, most, clock.now) / 2), slowed_at = clock.now
    FROM (SELECT extract(epoch FROM clock_timestamp())::float8 AS now) AS clock
    WHERE campaign = this_campaign() AND name = whose AND clock.now - slowed_at >= 1
$$;

-- So does a destination, which has had :first letters a second at the most where it never did before.
CREATE FUNCTION slow_destination(whose text, first float8) RETURNS void LANGUAGE sql AS $$
    INSERT INTO all_pace (name, doubles, most) VALUES (whose, true, 'Infinity') ON CONFLICT DO NOTHING;
    UPDATE all_pace SET spacing = CASE WHEN spacing > 0 THEN spacing ELSE 1 END, slowed_at = clock.now,
        share = greatest(0.1, least(first, CASE WHEN spacing > 0 THEN
                    share_at(share, slowed_at, doubles, most, clock.now) / spacing ELSE first END) / 2)
                * CASE WHEN spacing > 0 THEN spacing ELSE 1 END
    FROM (SELECT extract(epoch FROM clock_timestamp())::float8 AS now) AS clock
    WHERE campaign = this_campaign() AND name = whose AND clock.now - slowed_at >= 1
$$;

-- Of a relay's windows: this session has handed :used letters over since it asked last, has :begun others, and would hold
-- :wanted more. How many it may hold now. What is held is durable before it is used.
CREATE FUNCTION hold_window(
    whose text, session_ text, used bigint, begun bigint, wanted bigint, limits bigint[], lengths bigint[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    now float8;
    free bigint;
BEGIN
    PERFORM 1 FROM all_pace WHERE campaign = this_campaign() AND name = whose FOR UPDATE;
    now := extract(epoch FROM clock_timestamp());
    WITH silent AS (
        DELETE FROM all_window_hold WHERE campaign = this_campaign() AND relay = whose AND session <> session_ AND at < now - 60
        RETURNING letters
    )
    INSERT INTO all_window_use (relay, minute, letters)
    SELECT whose, floor(now / 60)::bigint * 60, sum(letters)
    FROM (SELECT letters FROM silent UNION ALL SELECT used) AS gone HAVING sum(letters) > 0
    ON CONFLICT (campaign, relay, minute) DO UPDATE SET letters = all_window_use.letters + excluded.letters;
    SELECT min(limit_.letters - coalesce((
            SELECT sum(use.letters) FROM all_window_use AS use
            WHERE use.campaign = this_campaign() AND use.relay = whose AND use.minute + 60 + limit_.seconds > now), 0))
           - coalesce((SELECT sum(letters) FROM all_window_hold
                       WHERE campaign = this_campaign() AND relay = whose AND session <> session_), 0)
    INTO free FROM unnest(limits, lengths) AS limit_ (letters, seconds);
    INSERT INTO all_window_hold (relay, session, letters, at)
    VALUES (whose, session_, greatest(begun, least(begun + wanted, free)), now)
    ON CONFLICT (campaign, relay, session) DO UPDATE SET letters = excluded.letters, at = excluded.at
    RETURNING letters INTO free;
    RETURN free;
END $$;
