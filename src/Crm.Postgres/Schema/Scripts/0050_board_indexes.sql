-- A board of everybody's deals: each stage's first cards by amount, and its sums from the index alone.
DROP INDEX deal_stage;
CREATE INDEX deal_stage ON deal (stage, amount_worth DESC NULLS LAST, id) INCLUDE (pipeline, amount, amount_currency, win_probability, status)
  WHERE deleted_at IS NULL;

-- Of what was won and lost a board shows the last weeks.
CREATE INDEX deal_closed ON deal (stage, close_date) WHERE status <> 'open' AND deleted_at IS NULL;
