-- Deferred rows of a run: what the promotion before wrote of them holds on.
-- Input: temp.deferred_rows, promoted.*. Output: live.customers, live.links, live.fingerprints (the
-- state is not all promoted). Parameter: $run_id.
-- Grain: one row per promotion and customer, or source record, as in the tables it mends.
DELETE FROM live.customers
WHERE run_id = $run_id
    AND id IN (SELECT source_id FROM deferred_rows WHERE source_table = 'customers');

INSERT INTO live.customers
SELECT p.* REPLACE ($run_id AS run_id)
FROM promoted.customers AS p
WHERE p.id IN (SELECT source_id FROM deferred_rows WHERE source_table = 'customers');

DELETE FROM live.links
WHERE run_id = $run_id
    AND (source_table, source_id) IN (SELECT (source_table, source_id) FROM deferred_rows);

INSERT INTO live.links
SELECT p.* REPLACE ($run_id AS run_id)
FROM promoted.links AS p
JOIN deferred_rows AS d ON d.source_table = p.source_table AND d.source_id = p.source_id;

DELETE FROM live.fingerprints
WHERE run_id = $run_id;
