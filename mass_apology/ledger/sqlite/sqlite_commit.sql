-- What of a commit SQLite says in its own way. These run on the ledger's writing connection with the plan attached.

-- name: attach
ATTACH ? AS staging;

-- name: detach
DETACH staging;

-- name: add-withheld
-- Whose rows they are, as far as the ledger knows them: by what they are known by, or by their mailbox.
INSERT INTO withheld (wave, line, identity, recipient, address, reason, row, withheld_at)
SELECT :wave, line, aside.identity, coalesce(min(own.id), min(same.id)), aside.address, reason, row, :now
FROM set_aside AS aside
LEFT JOIN recipient AS own ON own.identity = aside.identity
LEFT JOIN recipient AS same ON same.mailbox = aside.identity
GROUP BY aside.rowid ORDER BY line;

-- name: checkpoint
-- A large plan leaves a large -wal: put it into the ledger and give the space back.
PRAGMA wal_checkpoint(TRUNCATE);
