-- The one name of a mailbox that several addresses lead to; any other address is its own.
-- The same as resolution/normalize/emails.py has it, which a property test holds.
-- Grain: scalar. Input: a normalised address. Output: what ties. {nicknamed}: the domains.
CREATE OR REPLACE MACRO mailbox(address) AS
CASE
    WHEN {same_mailbox} AND regexp_matches(address, '@(?:{nicknamed})$')
    THEN
        CASE
            WHEN ends_with(address, '@gmail.com') OR ends_with(address, '@googlemail.com')
            THEN replace(
                COALESCE(
                    nullif(split_part(split_part(address, '@', 1), '+', 1), ''),
                    split_part(address, '@', 1)
                ),
                '.',
                ''
            ) || '@gmail.com'
            ELSE COALESCE(
                nullif(split_part(split_part(address, '@', 1), '+', 1), ''),
                split_part(address, '@', 1)
            ) || '@' || split_part(address, '@', 2)
        END
    ELSE address
END;
