-- What of a plan its commit needs.

-- name: tables
-- In PostgreSQL, for the length of the commit.
CREATE TEMP TABLE staged (
    id bigint PRIMARY KEY, identity bigint NOT NULL, mailbox bigint NOT NULL, customer bigint, person bigint,
    address text NOT NULL, name text NOT NULL, language text NOT NULL, time_zone text NOT NULL,
    letter_language text NOT NULL, message_id text NOT NULL, lines text NOT NULL, rows text NOT NULL, priority bigint NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE further (staged bigint NOT NULL, customer bigint) ON COMMIT DROP;
CREATE TEMP TABLE set_aside (
    place bigint PRIMARY KEY, line bigint NOT NULL, identity bigint, address text NOT NULL, reason text NOT NULL,
    "row" text NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE met (
    staged bigint PRIMARY KEY, recipient bigint NOT NULL, fate text NOT NULL, renamed integer NOT NULL,
    renumbered integer NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE superseded (recipient bigint PRIMARY KEY) ON COMMIT DROP;
CREATE TEMP TABLE reidentified (staged bigint PRIMARY KEY, identity bigint NOT NULL, message_id text NOT NULL) ON COMMIT DROP;
CREATE TEMP TABLE allotted (staged bigint PRIMARY KEY, code text NOT NULL) ON COMMIT DROP;

-- name: staged
SELECT id, identity, mailbox, customer, person, address, name, language, time_zone, letter_language, message_id, lines, rows,
       priority
FROM staged

-- name: further
SELECT staged, customer FROM further

-- name: set-aside
SELECT rowid, line, identity, address, reason, row FROM set_aside

-- name: met
SELECT staged, recipient, fate, renamed, renumbered FROM met

-- name: superseded
SELECT recipient FROM superseded

-- name: reidentified
SELECT staged, identity, message_id FROM reidentified

-- name: allotted
SELECT staged, code FROM allotted
