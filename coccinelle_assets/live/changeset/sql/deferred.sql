-- Grain: one row per row that the last file left, with the reason. Output: coccinelle_deferred.
DROP TABLE IF EXISTS coccinelle_deferred;
CREATE TABLE coccinelle_deferred (source_table TEXT NOT NULL, id TEXT, reason TEXT NOT NULL);
