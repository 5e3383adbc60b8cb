-- Offenders: customers whose phone is not E.164 (+ and 7 to 15 digits, no leading 0) or whose
-- e-mail is no lower-case address, the application's own writing aside. Grain: one row per customer.
SELECT c.id, c.tenant_id, c.email, c.phone
FROM customers AS c
WHERE
    (
        (
            c.phone IS NOT NULL
            AND NOT (
                c.phone LIKE '+%'
                AND LENGTH(c.phone) BETWEEN 8 AND 16
                AND SUBSTR(c.phone, 2, 1) <> '0'
                AND TRIM(SUBSTR(c.phone, 2), '0123456789') = ''
            )
        )
        OR (
            c.email IS NOT NULL
            AND NOT (
                c.email LIKE '_%@_%._%'
                AND c.email NOT LIKE '%@%@%'
                AND c.email NOT LIKE '% %'
                AND LOWER(c.email) = c.email
            )
        )
    )
    AND c.id NOT IN (SELECT a.id FROM application_identifiers AS a)
