-- What was applied and what it left, remembered in the database itself. The first row of a file is
-- its receipt: a file that runs a second time ends here. Grain: one row per file applied; one row
-- per row that the last file left. Input: {plan}, the file's hash, and {name}, as literals.
CREATE TABLE IF NOT EXISTS coccinelle_receipts (
    plan TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at DATETIME DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO coccinelle_receipts (plan, name) VALUES ({plan}, {name});
