-- Customers that are known by an e-mail or a phone, in their row or beside it. Grain: one row per
-- customer. Input: customer_identifiers, customers. Parameters: :tenant, :{value}, :{shown}.
SELECT customer_id
FROM customer_identifiers
WHERE tenant_id = :tenant AND kind = '{kind}' AND value = :{value}
UNION ALL
SELECT id FROM customers WHERE tenant_id = :tenant AND {kind} = :{shown}
