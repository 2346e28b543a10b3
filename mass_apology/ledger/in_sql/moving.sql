-- What is asked of a ledger that is moved: the same of every database.

-- name: relocation
SELECT stage, place, at FROM relocation;

-- name: standing
SELECT origin.ledger, campaign.digest_parts = '{}' AND NOT EXISTS (SELECT 1 FROM recipient) FROM origin, campaign;

-- name: editions
SELECT id FROM edition ORDER BY id;

-- name: letters
SELECT wave, status, count(*) FROM delivery GROUP BY wave, status ORDER BY wave, status;

-- name: put-to-use
DELETE FROM relocation WHERE stage = 'arriving';

-- name: forget-header
-- A file without a header has a customer in its place.
UPDATE campaign SET header = '[]', digest_parts = '{}';
