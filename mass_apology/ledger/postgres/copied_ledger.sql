-- What of a ledger a plan is compared with.

-- name: tables
-- In SQLite.
CREATE TABLE ledger.recipient (
    id INTEGER PRIMARY KEY, identity INTEGER NOT NULL, mailbox INTEGER NOT NULL, customer INTEGER, person INTEGER,
    address TEXT NOT NULL, name TEXT NOT NULL, language TEXT NOT NULL, time_zone TEXT NOT NULL, rows TEXT NOT NULL
) STRICT;
CREATE TABLE ledger.further_customer (recipient INTEGER NOT NULL, customer INTEGER NOT NULL) STRICT;
CREATE VIEW ledger.customer_of_recipient AS
SELECT id AS recipient, customer FROM recipient WHERE customer IS NOT NULL
UNION ALL
SELECT recipient, customer FROM further_customer;
CREATE TABLE ledger.delivery (
    id INTEGER PRIMARY KEY, recipient INTEGER NOT NULL, wave TEXT NOT NULL, status TEXT NOT NULL, language TEXT NOT NULL,
    accepted_at REAL, handed_over_at REAL, marked_at REAL, UNIQUE (recipient, wave)
) STRICT;
CREATE TABLE ledger.code (code TEXT PRIMARY KEY, recipient INTEGER NOT NULL UNIQUE) STRICT

-- name: recipient
SELECT id, identity, mailbox, customer, person, address, name, language, time_zone, rows FROM recipient ORDER BY id

-- name: further-customer
SELECT recipient, customer FROM further_customer

-- name: delivery
SELECT id, recipient, wave, status, language, accepted_at, handed_over_at, marked_at FROM delivery ORDER BY id

-- name: code
SELECT code, recipient FROM code
