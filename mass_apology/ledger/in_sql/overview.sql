-- What a page shows that is looked at again and again. No index helps: each letter would pay for it at every mark, while
-- a pass over a million letters takes some tenths of a second.

-- name: by-language
SELECT language, status, count(*) FROM delivery WHERE wave = :wave GROUP BY language, status;

-- name: by-destination
-- The ledger keeps no domains: an address has one "@" outside quotes, and quoted local parts are not taken in.
WITH counted AS (
    SELECT substr(address, instr(address, '@') + 1) AS name, status, count(*) AS letters
    FROM delivery JOIN recipient ON recipient.id = delivery.recipient
    WHERE wave = :wave GROUP BY 1, 2
), domain AS (
    SELECT name, sum(letters) AS total, sum(CASE WHEN status IN (
        'DEFERRED', 'IN_DOUBT', 'REFUSED', 'EXPIRED', 'BOUNCED', 'COMPLAINED') THEN letters ELSE 0 END) AS troubled
    FROM counted GROUP BY name
), sized AS (
    SELECT name, total, troubled, row_number() OVER (ORDER BY total DESC, name) AS size, count(*) OVER () AS domains
    FROM domain
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY size <= :largest ORDER BY troubled DESC, size) AS trouble FROM sized
)
SELECT name, status, letters, domains FROM counted JOIN ranked USING (name)
WHERE size <= :largest OR (troubled > 0 AND trouble <= :troubled)
ORDER BY size > :largest, CASE WHEN size <= :largest THEN size ELSE trouble END;

-- name: latest-replies
SELECT wave, status, code, enhanced_code, reply AS text, marked_at AS at FROM delivery
WHERE status NOT IN ('PLANNED', 'HANDING_OVER', 'ACCEPTED', 'WITHHELD') AND reply IS NOT NULL
ORDER BY marked_at DESC, id DESC LIMIT :most;
