-- Appointments or conversations. Grain: one row per record. Input: {table}. {columns}: what is shown;
-- {conditions}: which, and in which order.
SELECT {columns}
FROM {table}
WHERE tenant_id = :tenant AND {conditions}
