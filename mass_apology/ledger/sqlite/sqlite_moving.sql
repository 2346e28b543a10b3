-- What of moving a ledger is SQLite's own business.

-- name: letters-triggers
-- They refuse letters that do not begin as PLANNED, and to forget letters that have left.
SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'delivery' ORDER BY name;

-- name: relocate
INSERT INTO relocation (id, stage, place, at) VALUES (1, :stage, :place, :now)
ON CONFLICT (id) DO UPDATE SET stage = excluded.stage, place = excluded.place, at = excluded.at;
