-- A source has its term itself (source.retention_days); beside it stood a second one, which this takes over.
INSERT INTO source (id, name, kind, created_at, updated_at)
SELECT source, source, 'web', changed_at, changed_at FROM source_retention WHERE length(source) BETWEEN 1 AND 100
ON CONFLICT DO NOTHING;
UPDATE source s SET retention_days = r.days FROM source_retention r WHERE r.source = s.id AND s.retention_days IS NULL;

-- How far the history of sources that are kept for a shorter time is swept.
CREATE TABLE source_sweep (
  source text COLLATE "C" PRIMARY KEY REFERENCES source ON DELETE CASCADE,
  -- What was received before is deleted already.
  swept_to timestamptz NOT NULL
);
INSERT INTO source_sweep (source, swept_to)
SELECT r.source, r.swept_to FROM source_retention r JOIN source s ON s.id = r.source WHERE isfinite(r.swept_to);
DROP TABLE source_retention;
