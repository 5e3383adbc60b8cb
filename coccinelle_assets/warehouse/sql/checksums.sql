-- Fingerprints of what a run decided, whatever the row order. Grain: one row per table.
SELECT 'customers' AS table_name, bit_xor(md5_number(concat_ws(chr(31), tenant_id, id,
    COALESCE(email, ''), COALESCE(phone, ''), COALESCE(first_name, ''), COALESCE(last_name, ''))))
FROM ssot.customers
UNION ALL
SELECT 'appointment_links', bit_xor(md5_number(concat_ws(chr(31), id, customer_id)))
FROM ssot.appointment_links
UNION ALL
SELECT 'conversation_links', bit_xor(md5_number(concat_ws(chr(31), id, customer_id)))
FROM ssot.conversation_links
