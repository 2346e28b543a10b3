-- Who sends, and what a person asks of them. The epoch grows with every holder; a free lock has no host.

-- name: requested
SELECT wanted FROM lock;
