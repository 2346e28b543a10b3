-- What a run says of itself.

-- name: replace
-- Only of who holds the lock: a process that it was taken from may not know it yet.
DELETE FROM sender_report WHERE EXISTS (SELECT 1 FROM lock WHERE epoch = :epoch);

-- name: tell
INSERT INTO sender_report (id, epoch, report) SELECT 1, epoch, :report FROM lock WHERE epoch = :epoch;

-- name: reports
SELECT report, sender_report.epoch = lock.epoch FROM sender_report, lock;

-- name: forget
-- What a server said may name somebody.
DELETE FROM sender_report;
