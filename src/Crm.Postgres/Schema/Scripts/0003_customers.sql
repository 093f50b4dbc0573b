-- Customers as their grains store them, and the ledger of merges.

-- State and listed columns in one row, written in one statement, checked against row_version. Rows are never deleted.
-- Only the due index holds a changing column, so nearly all updates stay on their page (HOT) when there is room.
CREATE TABLE customer (
  id text COLLATE "C" PRIMARY KEY,
  partition smallint NOT NULL,
  row_version bigint NOT NULL,
  state bytea NOT NULL,
  moved_to text COLLATE "C",
  last_seen timestamptz,
  events bigint NOT NULL,
  orders int NOT NULL,
  due_at timestamptz
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.2, autovacuum_vacuum_insert_scale_factor = 0.5,
  autovacuum_vacuum_cost_delay = 1);
ALTER TABLE customer ALTER COLUMN state SET STORAGE EXTERNAL;
CREATE INDEX customer_due ON customer (partition, due_at) WHERE due_at IS NOT NULL;

-- Other ids of a customer, for look-up: email and the like.
CREATE TABLE customer_external_id (
  kind text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  customer_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (kind, value, customer_id)
);

-- Each source is merged at most once, into a customer that was a root then: the graph has no cycles.
CREATE TABLE merge_ledger (
  source text COLLATE "C" PRIMARY KEY,
  into_id text COLLATE "C" NOT NULL,
  reason text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CHECK (source <> into_id)
);
CREATE INDEX merge_ledger_into ON merge_ledger (into_id);

-- Decides merges in the order given; the lock is held until the decision is visible, and every look-up is a later statement.
-- Answers one row per request: the entry that stands for its source, or nulls where the merge would close a cycle.
CREATE FUNCTION decide_merges(sources text[], targets text[], reasons text[])
RETURNS TABLE (ordinal int, into_id text, reason text, at timestamptz) LANGUAGE plpgsql AS $$
DECLARE
  root text COLLATE "C";
  up text COLLATE "C";
  entry merge_ledger;
BEGIN
  PERFORM pg_advisory_xact_lock(7103, 0);
  FOR i IN 1 .. cardinality(sources) LOOP
    SELECT * INTO entry FROM merge_ledger l WHERE l.source = sources[i];
    IF NOT FOUND THEN
      root := targets[i];
      LOOP
        SELECT l.into_id INTO up FROM merge_ledger l WHERE l.source = root;
        EXIT WHEN NOT FOUND;
        root := up;
      END LOOP;
      IF root <> sources[i] THEN
        INSERT INTO merge_ledger AS l (source, into_id, reason) VALUES (sources[i], root, reasons[i]) RETURNING l.* INTO entry;
      END IF;
    END IF;
    ordinal := i; into_id := entry.into_id; reason := entry.reason; at := entry.at;
    RETURN NEXT;
  END LOOP;
END $$;
