-- What a log says of letters. The tables are the session's own, and go with it.

-- name: prepare
CREATE TEMP TABLE IF NOT EXISTS told (  -- what became of a letter, as far as the log says
    token         text PRIMARY KEY,
    wave          text NOT NULL,
    line          bigint,           -- where the first of its rows starts in the file as it is, or NULL where that is another one
    status        text NOT NULL,    -- ACCEPTED, REFUSED, EXPIRED or IN_DOUBT
    at            float8 NOT NULL,
    attempts      integer NOT NULL,
    code          integer,
    enhanced_code text,
    reply         text
);
CREATE TEMP TABLE IF NOT EXISTS expected (token text PRIMARY KEY, recipient bigint NOT NULL);
CREATE TEMP TABLE IF NOT EXISTS own (token text PRIMARY KEY, recipient bigint NOT NULL);  -- of first letters
CREATE TEMP TABLE IF NOT EXISTS standing (line bigint PRIMARY KEY, recipient bigint NOT NULL);
CREATE TEMP TABLE IF NOT EXISTS aside (line bigint PRIMARY KEY);  -- rows that are not written to
CREATE TEMP TABLE IF NOT EXISTS found (  -- whose letter it was: another one for each ledger it left with
    token     text PRIMARY KEY,
    recipient bigint NOT NULL,
    wave      text NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS matched (
    token     text NOT NULL UNIQUE,
    recipient bigint NOT NULL,
    wave      text NOT NULL,
    PRIMARY KEY (recipient, wave)
);
