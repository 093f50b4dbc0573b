-- What the worth of money in records was computed by, and how far a way through them has come when that has changed (from_at is null for no way).
CREATE TABLE record_worth_terms (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  terms text NOT NULL,
  currency text NOT NULL,
  every boolean NOT NULL,
  from_at timestamptz,
  kind text NOT NULL,
  after text COLLATE "C" NOT NULL
);
