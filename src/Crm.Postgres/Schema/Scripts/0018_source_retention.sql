-- How far the history of sources that are kept for a shorter time (source.retention_days) is swept.
CREATE TABLE source_sweep (
  source text COLLATE "C" PRIMARY KEY REFERENCES source ON DELETE CASCADE,
  -- What was received before is deleted already.
  swept_to timestamptz NOT NULL
);
