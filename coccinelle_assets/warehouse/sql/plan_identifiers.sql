-- Fills the identifiers of an attached plan (plan_identifier_tables.sql) out of the warehouse.
-- Grain: as there. Input: ssot.customer_identifiers, source.customer_identifiers.
-- In the order of the live table's key.
INSERT INTO plan_links.new_identifiers
SELECT n.tenant_id, n.kind, n.value, n.customer_id, n.usable, n.reason
FROM ssot.customer_identifiers AS n
LEFT JOIN source.customer_identifiers AS l
    ON l.value = n.value
    AND l.customer_id = n.customer_id
    AND l.kind = n.kind
    AND l.tenant_id = n.tenant_id
WHERE l.value IS NULL OR l.usable <> n.usable::VARCHAR OR l.reason IS DISTINCT FROM n.reason
ORDER BY n.tenant_id, n.kind, n.value, n.customer_id;

INSERT INTO plan_links.gone_identifiers
SELECT l.tenant_id, l.kind, l.value, l.customer_id
FROM source.customer_identifiers AS l
LEFT JOIN ssot.customer_identifiers AS n
    ON n.value = l.value
    AND n.customer_id = l.customer_id
    AND n.kind = l.kind
    AND n.tenant_id = l.tenant_id
WHERE n.value IS NULL
ORDER BY l.tenant_id, l.kind, l.value, l.customer_id;
