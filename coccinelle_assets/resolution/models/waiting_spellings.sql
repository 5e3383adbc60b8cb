-- Spellings that neither the patterns nor an earlier run read. Grain: one row per spelling.
-- Input: temp.{spellings}. Output: temp.waiting_spellings({spelled}).
CREATE OR REPLACE TEMP TABLE waiting_spellings AS
SELECT {spelled}
FROM {spellings}
GROUP BY {spelled}
HAVING NOT bool_or(settled)
