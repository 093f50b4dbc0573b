-- What is to be sold, and what was forecast on each day.
CREATE TABLE quota (
  kind text NOT NULL CHECK (kind IN ('user', 'team')),
  holder text COLLATE "C" NOT NULL,
  month date NOT NULL CHECK (extract(day FROM month) = 1),
  amount numeric NOT NULL CHECK (amount >= 0),
  currency text NOT NULL CHECK (length(currency) = 3),
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (kind, holder, month)
);
CREATE INDEX quota_month ON quota (month);

CREATE TABLE forecast_day (day date PRIMARY KEY, at timestamptz NOT NULL, committed_from numeric NOT NULL, currency text NOT NULL);
CREATE TABLE forecast_snapshot (
  day date NOT NULL REFERENCES forecast_day ON DELETE CASCADE,
  month date NOT NULL,
  pipeline text COLLATE "C" NOT NULL,
  owner text COLLATE "C",
  team text COLLATE "C",
  currency text,
  opens bigint NOT NULL,
  wons bigint NOT NULL,
  without_worth bigint NOT NULL,
  open_amount numeric NOT NULL,
  weighted_amount numeric NOT NULL,
  committed_amount numeric NOT NULL,
  won_amount numeric NOT NULL,
  open_worth numeric NOT NULL,
  weighted_worth numeric NOT NULL,
  committed_worth numeric NOT NULL,
  won_worth numeric NOT NULL
);
CREATE INDEX forecast_snapshot_day ON forecast_snapshot (day, month);
