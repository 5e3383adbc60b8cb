-- A prospect of a tenant, by its id or what a spreadsheet made of it. Grain: one row at most.
-- Input: prospects. Parameters: :tenant, :id, :bare_id. {origin}: its source, or NULL.
SELECT id, first_name, last_name, email, phone, {origin}
FROM prospects
WHERE tenant_id = :tenant AND id IN (:id, :bare_id)
ORDER BY id = :id DESC
LIMIT 1
