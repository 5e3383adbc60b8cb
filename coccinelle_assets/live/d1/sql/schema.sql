-- The schema of a database, without D1's own tables. Grain: one row per object, in the order made.
SELECT type, name, sql
FROM sqlite_master
WHERE sql IS NOT NULL
    AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
    AND name NOT LIKE '\_cf\_%' ESCAPE '\'
ORDER BY rowid
