-- Erasure of people: who was erased is known only by keyed hashes of their ids.

-- Made once, with the database: it must stay with the hashes that were made with it. 244 random bits.
CREATE TABLE installation_secret (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  secret bytea NOT NULL CHECK (octet_length(secret) = 32)
);
INSERT INTO installation_secret (secret)
SELECT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex');

-- Tombstones. key: HMAC-SHA-256 of the id. hint: a keyed 64-bit hash, cheap enough to be compared for every event.
-- version goes on from the row's, and fences writers as that does. Events of the id up to floor do not count, nor do later
-- ones that were received or dated up to erased_at.
CREATE TABLE erased_id (
  key bytea PRIMARY KEY CHECK (octet_length(key) = 32),
  hint bigint NOT NULL,
  version bigint NOT NULL,
  partition smallint NOT NULL,
  floor bigint NOT NULL,
  erased_at timestamptz NOT NULL,
  suppressed boolean NOT NULL,
  -- Rises with every erasure, in the order of their commits: whoever follows the table reads on from the last one seen.
  changed bigint NOT NULL
);
CREATE SEQUENCE erased_id_changed;
CREATE INDEX erased_id_by_change ON erased_id (changed);

-- The jobs. What names the person is there only until the work is done.
CREATE TABLE erasure (
  id uuid PRIMARY KEY,
  step smallint NOT NULL DEFAULT 1,
  reason text NOT NULL,
  suppress boolean NOT NULL,
  asked_at timestamptz NOT NULL,
  erased_at timestamptz,
  finished_at timestamptz,
  subject text COLLATE "C",
  ids text[] COLLATE "C" NOT NULL DEFAULT '{}',
  mentions text[] COLLATE "C" NOT NULL DEFAULT '{}',
  keys bytea[] NOT NULL DEFAULT '{}',
  -- How far the log's blocks are looked through.
  scan_partition smallint NOT NULL DEFAULT -1,
  scan_seq bigint NOT NULL DEFAULT 0,
  counts jsonb NOT NULL DEFAULT '{}',
  CHECK (step < 6 OR (subject IS NULL AND ids = '{}' AND mentions = '{}'))
);
CREATE INDEX erasure_open ON erasure (asked_at) WHERE step < 6;

CREATE INDEX customer_external_id_customer ON customer_external_id (customer_id);
CREATE INDEX rejected_erased ON rejected (partition, seq) WHERE reason = 8;

-- Erases a customer as its grain knows it. The lock on the table lets writes that are under way end, and begins no others, so
-- that a first row that was on its way is seen here, and one that comes later sees the tombstone.
CREATE FUNCTION close_customer(
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
  UPDATE erasure e SET step = 2, erased_at = at, subject = root, ids = lanes, mentions = names, keys = lane_keys,
    counts = jsonb_build_object('customer', customers, 'customer_external_id', looked_up, 'merge_ledger', merges,
      'merge_bar', bars, 'duplicate_candidate', candidates, 'message_page', pages)
  WHERE e.id = job;
  RETURN true;
END $$;
