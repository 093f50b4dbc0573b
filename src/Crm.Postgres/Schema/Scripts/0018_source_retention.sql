-- How long the history of a source is kept, where that is shorter than the history as a whole.
CREATE TABLE source_retention (
  source text COLLATE "C" PRIMARY KEY,
  days int NOT NULL CHECK (days > 0),
  changed_at timestamptz NOT NULL,
  -- What was received before is deleted already.
  swept_to timestamptz NOT NULL DEFAULT '-infinity'
);
