-- What people write of a customer, its deals and its company: which of them definitions look at (1, 2, 4 added up), and since which plan.
ALTER TABLE segment_plan ADD reads smallint NOT NULL DEFAULT 0, ADD written_since bigint NOT NULL DEFAULT 0, ADD has_begun boolean NOT NULL DEFAULT false;
UPDATE segment_plan SET reads = CASE WHEN reads_card THEN 1 ELSE 0 END, written_since = number;
ALTER TABLE segment_plan DROP COLUMN reads_card;

CREATE FUNCTION look_at_segments(customers text[], part smallint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO segment_card_due AS d (customer, turn) SELECT DISTINCT c, 1 FROM unnest(customers) AS c WHERE EXISTS (SELECT FROM segment_plan WHERE reads & part <> 0) ORDER BY 1
  ON CONFLICT (customer) DO UPDATE SET turn = d.turn + 1
$$;

CREATE OR REPLACE FUNCTION card_moves_segments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- With another card another company.
  PERFORM look_at_segments(ARRAY[NEW.id], 5::smallint);
  RETURN NULL;
END
$$;

CREATE FUNCTION deal_moves_segments() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  named text[] := CASE TG_OP WHEN 'DELETE' THEN OLD.customers WHEN 'INSERT' THEN NEW.customers ELSE array_cat(OLD.customers, NEW.customers) END;
BEGIN
  IF EXISTS (SELECT FROM segment_plan WHERE reads & 2 <> 0) THEN
    PERFORM look_at_segments(ARRAY(SELECT merge_root(c) FROM unnest(named) AS c), 2::smallint);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER deal_moves_segments_made AFTER INSERT ON deal FOR EACH ROW WHEN (cardinality(NEW.customers) > 0) EXECUTE FUNCTION deal_moves_segments();
CREATE TRIGGER deal_moves_segments_gone AFTER DELETE ON deal FOR EACH ROW WHEN (cardinality(OLD.customers) > 0) EXECUTE FUNCTION deal_moves_segments();
CREATE TRIGGER deal_moves_segments_changed AFTER UPDATE ON deal FOR EACH ROW WHEN (
  OLD.customers IS DISTINCT FROM NEW.customers OR OLD.status IS DISTINCT FROM NEW.status OR OLD.amount_worth IS DISTINCT FROM NEW.amount_worth
  OR OLD.close_date IS DISTINCT FROM NEW.close_date OR (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL)
) EXECUTE FUNCTION deal_moves_segments();

-- With whoever becomes a part of another go its deals.
CREATE FUNCTION merge_moves_deals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  moved merge_ledger%ROWTYPE := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
BEGIN
  IF EXISTS (SELECT FROM segment_plan WHERE reads & 2 <> 0) THEN
    PERFORM look_at_segments(ARRAY[merge_root(moved.into_id), merge_root(moved.source)], 2::smallint);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER merge_moves_deals AFTER INSERT OR DELETE ON merge_ledger FOR EACH ROW EXECUTE FUNCTION merge_moves_deals();

CREATE FUNCTION company_moves_segments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM segment_plan WHERE reads & 4 <> 0) THEN
    PERFORM look_at_segments(ARRAY(SELECT id FROM customer_record WHERE company = NEW.id), 4::smallint);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER company_moves_segments AFTER INSERT OR UPDATE ON company FOR EACH ROW EXECUTE FUNCTION company_moves_segments();

-- How customers who bought stand beside each other: the borders of scores, and clusters. One row.
CREATE TABLE segment_rfm (
  wanted int NOT NULL,
  next int NOT NULL,
  model jsonb
);
INSERT INTO segment_rfm VALUES (4, 1, NULL);

-- Whoever stands in the trash is counted apart.
CREATE INDEX customer_record_trash ON customer_record (id) WHERE deleted_at IS NOT NULL;

-- Changes in an order in which each becomes visible: whoever has read up to a number has missed none below it.
ALTER TABLE segment_change ADD number bigint;
CREATE TABLE segment_told (number bigint NOT NULL);
WITH numbered AS (
  UPDATE segment_change c SET number = n.number FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM segment_change) AS n WHERE n.id = c.id RETURNING 1
) INSERT INTO segment_told SELECT count(*) FROM numbered;
CREATE UNIQUE INDEX segment_change_number ON segment_change (number) WHERE number IS NOT NULL;
CREATE INDEX segment_change_new ON segment_change (id) WHERE number IS NULL;
