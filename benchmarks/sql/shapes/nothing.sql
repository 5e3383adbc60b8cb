-- Records that nothing identifies: no detail, or one that says nothing.
-- Grain: three tables, by the order of their rows. Input: a demo database. Output: the same
-- without identifiers.
UPDATE prospects
SET
    email = CASE rowid % 3 WHEN 0 THEN 'inconnu' WHEN 1 THEN '' END,
    phone = CASE rowid % 3 WHEN 0 THEN '' WHEN 1 THEN 'n/a' END;

UPDATE appointments
SET
    prospect_id = NULL,
    customer_email = CASE rowid % 3 WHEN 0 THEN 'inconnu' WHEN 1 THEN '' END,
    customer_phone = CASE rowid % 3 WHEN 0 THEN '' WHEN 1 THEN 'n/a' END;

UPDATE omni_conversations
SET
    customer_email = CASE rowid % 3 WHEN 0 THEN 'inconnu' WHEN 1 THEN '' END,
    customer_phone = CASE rowid % 3 WHEN 0 THEN '' WHEN 1 THEN 'n/a' END;
