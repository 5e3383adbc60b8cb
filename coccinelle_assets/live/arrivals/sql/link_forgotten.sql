-- That a record's link was derived is no longer so. Grain: one row. Output: arrival_links.
DELETE FROM arrival_links WHERE source_table = :source_table AND record_id = :record_id
