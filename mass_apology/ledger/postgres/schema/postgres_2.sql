-- Version 2: several processes send the letters of one campaign at the same time.

-- Who takes part. An epoch is a session's own, and a session that lives renews its row.
CREATE TABLE all_session (
    campaign   integer NOT NULL DEFAULT this_campaign() REFERENCES all_campaign (id) ON DELETE CASCADE,
    epoch      bigint NOT NULL,
    host       text NOT NULL,
    pid        integer NOT NULL,
    started    text NOT NULL,  -- as in all_lock
    renewed_at float8 NOT NULL,
    PRIMARY KEY (campaign, epoch)
) WITH (fillfactor = 50);

-- Whose letters are whose: a thousand of them, by their ids, from id * 1000 + 1. Free once it has expired, by the
-- database's clock. Whoever takes it puts those in doubt that others left HANDING_OVER there.
CREATE TABLE all_chunk (
    campaign   integer NOT NULL DEFAULT this_campaign(),
    id         bigint NOT NULL,
    epoch      bigint NOT NULL DEFAULT 0,      -- of the session that has it, or had it last
    expires_at float8 NOT NULL DEFAULT 0,
    planned    boolean NOT NULL DEFAULT true,  -- false: no letter is PLANNED there any more
    PRIMARY KEY (campaign, id)
) WITH (fillfactor = 50);

-- What a person confirmed, for others to take part in: the letters of this wave, made from just these files.
CREATE TABLE all_shared_wave (
    campaign     integer PRIMARY KEY DEFAULT this_campaign() REFERENCES all_campaign (id) ON DELETE CASCADE,
    wave         text NOT NULL,
    template     text NOT NULL,
    digest_parts text NOT NULL  -- JSON object, as of the campaign's plan
);
