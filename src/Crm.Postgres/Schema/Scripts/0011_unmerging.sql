-- Merges that can be taken back: what the history needs to fold events again as they were, who asked for a merge, and bars.

-- Of the envelope what the body does not surely say. Null faults: the row is older, and the body is all there is.
ALTER TABLE history ADD COLUMN visitor text, ADD COLUMN faults smallint;

-- An event of a server's key named the id: such a one may link people, what browsers tell may not.
ALTER TABLE customer_external_id ADD COLUMN told_by_server boolean NOT NULL DEFAULT false,
  -- When to look up whether others have it; null when that is done.
  ADD COLUMN check_after timestamptz;

-- The lane whose event asked for the merge: what a customer brought with it leaves with it. Null: into_id, as of older rows.
ALTER TABLE merge_ledger ADD COLUMN asked_by text COLLATE "C";

-- Pairs that somebody has taken apart: they, and all who belong to them, are not merged by themselves until the bar is lifted.
CREATE TABLE merge_bar (
  one text COLLATE "C" NOT NULL,
  other text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (one, other),
  CHECK (one < other)
);
CREATE INDEX merge_bar_other ON merge_bar (other);

CREATE FUNCTION merge_root(id text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  root text COLLATE "C" := id;
  up text COLLATE "C";
BEGIN
  LOOP
    SELECT l.into_id INTO up FROM merge_ledger l WHERE l.source = root;
    EXIT WHEN NOT FOUND;
    root := up;
  END LOOP;
  RETURN root;
END $$;

-- True when a bar stands between the customers merged into one id and those merged into another; both are roots.
CREATE FUNCTION is_barred(source_root text, target_root text) RETURNS boolean LANGUAGE sql STABLE AS $$
  WITH RECURSIVE members AS (
    SELECT source_root COLLATE "C" AS id
    UNION
    SELECT m.source FROM members c JOIN merge_ledger m ON m.into_id = c.id
  )
  SELECT EXISTS (
    SELECT FROM members c JOIN merge_bar b ON b.one = c.id WHERE merge_root(b.other) = target_root
    UNION ALL
    SELECT FROM members c JOIN merge_bar b ON b.other = c.id WHERE merge_root(b.one) = target_root
  )
$$;

-- As before, notes who asked, and refuses what is barred. The default serves silos of the version before.
DROP FUNCTION decide_merges(text[], text[], text[]);
CREATE FUNCTION decide_merges(sources text[], targets text[], reasons text[], askers text[] DEFAULT '{}')
RETURNS TABLE (ordinal int, into_id text, reason text, at timestamptz) LANGUAGE plpgsql AS $$
DECLARE
  root text COLLATE "C";
  entry merge_ledger;
  bars boolean;
BEGIN
  PERFORM pg_advisory_xact_lock(7103, 0);
  SELECT EXISTS (SELECT FROM merge_bar) INTO bars;
  FOR i IN 1 .. cardinality(sources) LOOP
    SELECT * INTO entry FROM merge_ledger l WHERE l.source = sources[i];
    IF NOT FOUND THEN
      root := merge_root(targets[i]);
      IF root <> sources[i] AND NOT (bars AND is_barred(sources[i], root)) THEN
        INSERT INTO merge_ledger AS l (source, into_id, reason, asked_by)
        VALUES (sources[i], root, reasons[i], nullif(askers[i], root)) RETURNING l.* INTO entry;
      END IF;
    END IF;
    ordinal := i; into_id := entry.into_id; reason := entry.reason; at := entry.at;
    RETURN NEXT;
  END LOOP;
END $$;

-- Takes a customer out of the one it was merged into: both rows, the ledger, the bar and the look-up ids, or nothing.
-- False, and nothing done, when a row or the ledger is not as the caller saw it. Rows: the root's first, then the source's.
CREATE FUNCTION split_customer(
  ids text[], versions bigint[], states bytea[], seen timestamptz[], event_counts bigint[], order_counts int[], dues timestamptz[],
  known text[], moved text[], moved_versions bigint[],
  old_kinds text[], old_values text[], new_owners text[], new_kinds text[], new_values text[],
  new_told boolean[])
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  root text COLLATE "C" := ids[1];
  source_id text COLLATE "C" := ids[2];
  written int;
  rewritten int;
BEGIN
  PERFORM pg_advisory_xact_lock(7103, 0);
  IF EXISTS (SELECT FROM merge_ledger l WHERE l.source = root) OR merge_root(source_id) <> root THEN
    RETURN false;
  END IF;
  IF EXISTS (
    WITH RECURSIVE leads AS (
      SELECT l.source FROM merge_ledger l WHERE l.into_id = root
      UNION
      SELECT m.source FROM leads d JOIN merge_ledger m ON m.into_id = d.source
    ) SELECT FROM leads WHERE leads.source <> ALL (known)) THEN
    RETURN false;
  END IF;

  UPDATE customer c SET row_version = i.version + 1, state = i.state, moved_to = NULL, last_seen = i.last_seen,
    events = i.events, orders = i.orders, due_at = i.due_at
  FROM unnest(ids, versions, states, seen, event_counts, order_counts, dues) AS i (id, version, state, last_seen, events, orders, due_at)
  WHERE c.id = i.id AND c.row_version = i.version;
  GET DIAGNOSTICS written = ROW_COUNT;
  UPDATE customer c SET row_version = i.version + 1, moved_to = source_id
  FROM unnest(moved, moved_versions) AS i (id, version) WHERE c.id = i.id AND c.row_version = i.version;
  GET DIAGNOSTICS rewritten = ROW_COUNT;
  IF written <> 2 OR rewritten <> cardinality(moved) THEN
    RAISE EXCEPTION 'A row was written meanwhile.' USING ERRCODE = 'serialization_failure';
  END IF;

  DELETE FROM merge_ledger l WHERE l.source = source_id;
  UPDATE merge_ledger l SET into_id = source_id WHERE l.source = ANY (moved);
  INSERT INTO merge_bar (one, other) VALUES (least(root, source_id), greatest(root, source_id)) ON CONFLICT DO NOTHING;
  DELETE FROM customer_external_id e USING unnest(old_kinds, old_values) AS o (kind, value)
  WHERE e.kind = o.kind AND e.value = o.value AND e.customer_id = root;
  INSERT INTO customer_external_id (kind, value, customer_id, told_by_server, check_after)
  SELECT n.kind, n.value, n.owner, n.told, now() FROM unnest(new_owners, new_kinds, new_values, new_told) AS n (owner, kind, value, told)
  ON CONFLICT DO NOTHING;
  RETURN true;
END $$;
