-- The region that a spelling without a country code is to be read in, in front of it: 'BE|'. Only where
-- tenants are of several regions. Grain: scalar. Input: r (a record), tenant_regions; {column}, the
-- spelling; {unless}, a pattern of spellings that need none.
CASE
    WHEN regexp_matches({column}, '[0-9]') AND NOT regexp_matches({column}, '{unless}')
        THEN COALESCE(
            (SELECT region FROM tenant_regions AS g WHERE g.tenant_id = r.tenant_id) || '|', ''
        )
    ELSE ''
END ||
