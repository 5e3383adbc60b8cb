-- One column of ssot.customers: the application's edit wins, then what the records say, then
-- what the live row holds. An edit is a live value other than the one promoted; a value that was
-- cleared after a promotion is an edit too.
-- Grain: scalar. Input: l (live row), p (promoted row), g (golden record); {column}, {otherwise}.
CASE
    WHEN l.{column} IS NOT NULL AND (p.id IS NULL OR l.{column} IS DISTINCT FROM p.{column})
        THEN l.{column}
    WHEN p.{column} IS NOT NULL AND l.id IS NOT NULL AND l.{column} IS NULL THEN NULL
    ELSE {otherwise}
END AS {column}
