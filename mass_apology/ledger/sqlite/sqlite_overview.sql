-- What of it SQLite says in its own way.

-- name: hand-overs
SELECT CAST(handed_over_at / :seconds AS INTEGER) * :seconds AS step, count(*) FROM delivery
WHERE handed_over_at IS NOT NULL GROUP BY step ORDER BY step;
