-- What a page shows that is looked at again and again. No index helps: each letter would pay for it at every mark, while
-- a pass over a million letters takes some tenths of a second.

-- name: by-language
SELECT language, status, count(*) FROM delivery WHERE wave = :wave GROUP BY language, status;

-- name: by-destination
-- The ledger keeps no domains: an address has one "@" outside quotes, and quoted local parts are not taken in.
WITH domain AS (
    SELECT substr(address, instr(address, '@') + 1) AS name, status, count(*) AS letters
    FROM delivery JOIN recipient ON recipient.id = delivery.recipient
    WHERE wave = :wave GROUP BY 1, 2
)
SELECT name, status, letters FROM domain
JOIN (SELECT name, sum(letters) AS total FROM domain GROUP BY name ORDER BY total DESC, name LIMIT :most) USING (name)
ORDER BY total DESC, name;

-- name: latest-replies
SELECT wave, status, code, enhanced_code, reply AS text, marked_at AS at FROM delivery
WHERE status NOT IN ('PLANNED', 'HANDING_OVER', 'ACCEPTED', 'WITHHELD') AND reply IS NOT NULL
ORDER BY marked_at DESC, id DESC LIMIT :most;
