-- What of it PostgreSQL says in its own way.

-- name: hand-overs
SELECT (floor(handed_over_at / :seconds) * :seconds)::bigint AS step, count(*) FROM delivery
WHERE handed_over_at IS NOT NULL GROUP BY step ORDER BY step;
