-- Lists of millions: an index for each sort that is offered to people and to programs that follow changes.
-- What was changed last, by people: an edit enters its row anew in the indexes, which events never do.
CREATE INDEX customer_record_by_updated ON customer_record (updated_at, id) WHERE deleted_at IS NULL AND moved_to IS NULL;
CREATE INDEX company_by_updated ON company (updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX lead_by_updated ON lead (updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_by_updated ON deal (updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX lead_by_score ON lead (score, id) WHERE deleted_at IS NULL;

-- A whole name, in any case: what an import asks before it makes one.
CREATE INDEX customer_record_lower_name ON customer_record (lower(name)) WHERE name IS NOT NULL AND deleted_at IS NULL AND moved_to IS NULL;
CREATE INDEX company_lower_name ON company (lower(name)) WHERE deleted_at IS NULL;

-- What somebody did last: of three million activities few are his, and they lie far apart.
CREATE INDEX activity_owner_at ON activity (owner, at, id) WHERE deleted_at IS NULL;

-- Closed deals have their dates and sums behind them, and are most of them: who asks for the open ones is not to read past those.
CREATE INDEX deal_open_close ON deal (close_date, id) WHERE status = 'open' AND deleted_at IS NULL;
CREATE INDEX deal_open_owner ON deal (owner, amount_worth, id) WHERE status = 'open' AND deleted_at IS NULL;

-- A board of somebody's deals: each stage's first cards in their order, and its sums from the index alone.
CREATE INDEX deal_board ON deal (owner, stage, amount_worth DESC NULLS LAST, id) INCLUDE (pipeline, amount, amount_currency, win_probability, status)
  WHERE deleted_at IS NULL;

-- Where a list by what events bring comes to those of whom there were none.
CREATE INDEX customer_record_never_seen ON customer_record (id) WHERE first_seen IS NULL AND deleted_at IS NULL AND moved_to IS NULL;

-- Where a list by name comes to those without one.
CREATE INDEX customer_record_no_name ON customer_record (id) WHERE name IS NULL AND deleted_at IS NULL AND moved_to IS NULL;

-- Filters of texts are compared in any case. Without these the planner takes one of two hundred rows for what one of six is, and sorts them all.
CREATE STATISTICS customer_record_source ON (lower(source)) FROM customer_record;
CREATE STATISTICS company_source ON (lower(source)) FROM company;
CREATE STATISTICS company_industry ON (lower(industry)) FROM company;
CREATE STATISTICS lead_source ON (lower(source)) FROM lead;
CREATE STATISTICS deal_source ON (lower(source)) FROM deal;
