-- Offenders: customers whose phone is not E.164 (+ and 7 to 15 digits, no leading 0) or whose
-- e-mail is no lower-case address, the application's own writing aside. Grain: one row per customer.
SELECT c.id, c.tenant_id, c.email, c.phone
FROM customers AS c
WHERE
    (
        NOT (
            COALESCE(c.phone, '+1234567') LIKE '+%'
            AND LENGTH(COALESCE(c.phone, '+1234567')) BETWEEN 8 AND 16
            AND SUBSTR(COALESCE(c.phone, '+1234567'), 2, 1) <> '0'
            AND TRIM(SUBSTR(COALESCE(c.phone, '+1234567'), 2), '0123456789') = ''
        )
        OR NOT (
            COALESCE(c.email, 'a@b.c') LIKE '_%@_%._%'
            AND COALESCE(c.email, 'a@b.c') NOT LIKE '%@%@%'
            AND COALESCE(c.email, 'a@b.c') NOT LIKE '% %'
            AND LOWER(COALESCE(c.email, 'a@b.c')) = COALESCE(c.email, 'a@b.c')
        )
    )
    AND c.id NOT IN (SELECT a.id FROM application_identifiers AS a)
