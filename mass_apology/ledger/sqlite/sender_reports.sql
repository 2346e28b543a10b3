-- What a run says of itself.

-- name: tell
-- Only of who holds the lock: a process that it was taken from may not know it yet.
INSERT OR REPLACE INTO sender_report (id, epoch, report)
SELECT 1, epoch, :report FROM lock WHERE epoch = (SELECT epoch FROM held);

-- name: reports
SELECT report, sender_report.epoch = lock.epoch FROM sender_report, lock;

-- name: forget
-- What a server said may name somebody.
DELETE FROM sender_report;
