-- The columns of the application's tables. Grain: one row per column, in the table's order.
SELECT t.name AS table_name, c.name AS column_name
FROM sqlite_master AS t
JOIN pragma_table_xinfo(t.name) AS c
WHERE t.type = 'table'
    AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\'
    AND t.name NOT LIKE '\_cf\_%' ESCAPE '\'
    AND c.hidden <> 1
ORDER BY t.name, c.cid
