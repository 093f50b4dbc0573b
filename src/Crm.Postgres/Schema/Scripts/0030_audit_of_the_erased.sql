-- What the audit says of an erased person is taken away by the job that sweeps, which keeps the chain whole: no longer here.
CREATE OR REPLACE FUNCTION close_customer(
  job uuid, root text, expected bigint, tombstone bigint, lanes text[], lane_keys bytea[], hints bigint[], partitions smallint[],
  names text[], at timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  found_step smallint;
  suppressing boolean;
  customers bigint;
  looked_up bigint;
  merges bigint;
  bars bigint;
  candidates bigint;
  pages bigint;
  cards bigint;
BEGIN
  PERFORM set_config('lock_timeout', '5s', true);
  PERFORM pg_advisory_xact_lock(7103, 0);
  LOCK TABLE customer IN SHARE ROW EXCLUSIVE MODE;
  SELECT e.step, e.suppress INTO found_step, suppressing FROM erasure e WHERE e.id = job FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  IF found_step > 1 THEN RETURN true; END IF;

  IF coalesce((SELECT c.row_version FROM customer c WHERE c.id = root), 0) <> expected
    OR (expected = 0 AND coalesce((SELECT t.version FROM erased_id t WHERE t.key = lane_keys[1]), 0) <> tombstone)
    OR EXISTS (SELECT FROM merge_ledger l WHERE l.source = root)
    OR EXISTS (SELECT FROM merge_ledger l WHERE l.into_id = ANY (lanes) AND l.source <> ALL (lanes))
    OR EXISTS (SELECT FROM customer c WHERE c.id = ANY (lanes) AND c.id <> root AND c.moved_to IS NULL)
  THEN RETURN false; END IF;

  INSERT INTO erased_id AS t (key, hint, version, partition, floor, erased_at, suppressed, changed)
  SELECT i.key, i.hint, coalesce(c.row_version, 0) + 1, i.partition,
    coalesce((SELECT b.first_seq + b.count - 1 FROM event_block b WHERE b.partition = i.partition ORDER BY b.first_seq DESC LIMIT 1), 0),
    at, suppressing, nextval('erased_id_changed')
  FROM unnest(lanes, lane_keys, hints, partitions) AS i (lane, key, hint, partition) LEFT JOIN customer c ON c.id = i.lane
  ON CONFLICT (key) DO UPDATE SET
    version = greatest(t.version + 1, excluded.version), floor = greatest(t.floor, excluded.floor),
    erased_at = greatest(t.erased_at, excluded.erased_at), suppressed = excluded.suppressed, changed = excluded.changed;
  DELETE FROM customer c WHERE c.id = ANY (lanes);
  GET DIAGNOSTICS customers = ROW_COUNT;
  DELETE FROM customer_external_id e WHERE e.customer_id = ANY (lanes);
  GET DIAGNOSTICS looked_up = ROW_COUNT;
  DELETE FROM merge_ledger l WHERE l.source = ANY (lanes);
  GET DIAGNOSTICS merges = ROW_COUNT;
  DELETE FROM merge_bar b WHERE b.one = ANY (lanes) OR b.other = ANY (lanes);
  GET DIAGNOSTICS bars = ROW_COUNT;
  DELETE FROM duplicate_candidate d WHERE d.one = ANY (lanes) OR d.other = ANY (lanes);
  GET DIAGNOSTICS candidates = ROW_COUNT;
  DELETE FROM message_page p WHERE p.owner = ANY (lanes);
  GET DIAGNOSTICS pages = ROW_COUNT;
  DELETE FROM customer_record r WHERE r.id = ANY (lanes);
  GET DIAGNOSTICS cards = ROW_COUNT;
  DELETE FROM customer_seen s WHERE s.id = ANY (lanes);
  DELETE FROM customer_list_due d WHERE d.id = ANY (lanes);
  UPDATE erasure e SET step = 2, erased_at = at, subject = root, ids = lanes, mentions = names, keys = lane_keys,
    counts = jsonb_build_object('customer', customers, 'customer_external_id', looked_up, 'merge_ledger', merges,
      'merge_bar', bars, 'duplicate_candidate', candidates, 'message_page', pages,
      'customer_record', cards)
  WHERE e.id = job;
  RETURN true;
END $$;
