-- Offenders: triggers of the statistics that are missing or differ.
-- Grain: one row per trigger. Input: expected_triggers (name, sql).
SELECT e.name
FROM expected_triggers AS e
LEFT JOIN sqlite_master AS m ON m.type = 'trigger' AND m.name = e.name
WHERE m.sql IS NOT e.sql
