-- What a contraction took away, so that a rollback can bring it back: schema_before and schema_after
-- are the JSON of the schema around it, archive the file that holds the columns' values.
-- Grain: one row per contraction.
CREATE TABLE IF NOT EXISTS customer_contracts (
    contract_id TEXT PRIMARY KEY,
    contracted_at DATETIME DEFAULT CURRENT_TIMESTAMP,
    archive TEXT NOT NULL,
    schema_before TEXT NOT NULL,
    schema_after TEXT NOT NULL,
    last_promotion TEXT,
    counts TEXT NOT NULL
)
