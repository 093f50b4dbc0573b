-- The event log, what its partitions keep, and the history that is projected from it.

-- One row: who the log is, and its fixed count of partitions.
CREATE TABLE event_log (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id uuid NOT NULL,
  partitions smallint NOT NULL CHECK (partitions BETWEEN 1 AND 1024),
  born_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Gives the log its birth if it has none. The timeline tells a restored or failed-over server from the one before;
-- it is read from the WAL that is being written now, because control data lags behind a promotion.
CREATE FUNCTION open_log(wanted_partitions smallint)
RETURNS TABLE (identity text, partitions smallint) LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO event_log (id, partitions) VALUES (gen_random_uuid(), wanted_partitions) ON CONFLICT DO NOTHING;
  RETURN QUERY
    SELECT replace(l.id::text, '-', '') || '-' || left(pg_walfile_name(pg_current_wal_lsn()), 8), l.partitions
    FROM event_log l;
END $$;

-- Events of one partition that were committed together. A payload is compressed by nobody: it is written once, read twice.
CREATE TABLE event_block (
  partition smallint NOT NULL,
  first_seq bigint NOT NULL,
  count int NOT NULL CHECK (count > 0),
  committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  payload bytea NOT NULL,
  PRIMARY KEY (partition, first_seq)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_analyze_scale_factor = 0.2);
ALTER TABLE event_block ALTER COLUMN payload SET STORAGE EXTERNAL;

-- Appends blocks, at most one per partition, and answers their first numbers. The locks are held until the commit is
-- visible, and the heads are read in a later statement, so with a newer snapshot: numbers have no gaps, and none shows
-- before an earlier one. The newest block of a partition is never dropped, so its end is the head.
CREATE FUNCTION append_blocks(partitions smallint[], counts int[], payloads bytea[])
RETURNS TABLE (partition smallint, first_seq bigint) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7101, p.n) FROM (SELECT n::int FROM unnest(partitions) AS n ORDER BY n) AS p;
  RETURN QUERY
    INSERT INTO event_block AS b (partition, first_seq, count, payload)
    SELECT a.partition,
      coalesce((SELECT h.first_seq + h.count FROM event_block h
        WHERE h.partition = a.partition ORDER BY h.first_seq DESC LIMIT 1), 1),
      a.count, a.payload
    FROM unnest(partitions, counts, payloads) AS a (partition, count, payload)
    RETURNING b.partition, b.first_seq;
  PERFORM pg_notify('crm_log', '');
END $$;

-- Fenced by its values: the checkpoint never falls, and history moves only from where its writer saw it.
CREATE TABLE partition_state (
  partition smallint PRIMARY KEY,
  checkpoint bigint NOT NULL DEFAULT 0,
  history bigint NOT NULL DEFAULT 0,
  -- Counts the ends of parkings: a projector that read the side queue before one must not commit after it.
  unparked bigint NOT NULL DEFAULT 0,
  CHECK (history <= checkpoint)
) WITH (fillfactor = 50);

-- The side queue: events whose customer cannot take them now.
CREATE TABLE parked_event (
  partition smallint NOT NULL,
  lane text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  packed bytea NOT NULL,
  PRIMARY KEY (partition, seq)
);
CREATE INDEX parked_event_lane ON parked_event (partition, lane, seq);

-- Numbers that did not count, stored with the customer row that skipped them.
CREATE TABLE rejected (
  partition smallint NOT NULL,
  seq bigint NOT NULL,
  lane text COLLATE "C" NOT NULL,
  reason smallint NOT NULL,
  detail text,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (partition, seq)
);

-- Logged events that the rules failed on, or that could not be read, kept for an operator.
CREATE TABLE dead_letter (
  partition smallint NOT NULL,
  seq bigint NOT NULL,
  lane text COLLATE "C" NOT NULL,
  reason smallint NOT NULL,
  detail text,
  packed bytea,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (partition, seq)
);
CREATE INDEX dead_letter_at ON dead_letter (at);

-- Raises the checkpoint and side-queues events above the stored one, under the partition's row lock.
CREATE FUNCTION advance_partition(wanted_partition smallint, wanted bigint, lanes text[], seqs bigint[], packeds bytea[])
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  stored bigint;
BEGIN
  INSERT INTO partition_state (partition) VALUES (wanted_partition) ON CONFLICT DO NOTHING;
  SELECT checkpoint INTO stored FROM partition_state WHERE partition = wanted_partition FOR UPDATE;
  IF cardinality(seqs) > 0 THEN
    INSERT INTO parked_event (partition, lane, seq, packed)
    SELECT wanted_partition, p.lane, p.seq, p.packed FROM unnest(lanes, seqs, packeds) AS p (lane, seq, packed)
    WHERE p.seq > stored ON CONFLICT DO NOTHING;
  END IF;
  IF wanted > stored THEN
    UPDATE partition_state SET checkpoint = wanted WHERE partition = wanted_partition;
    RETURN wanted;
  END IF;
  RETURN stored;
END $$;

-- One row per event that counted, under the id that it carried: a merge rewrites nothing.
CREATE TABLE history (
  partition smallint NOT NULL,
  seq bigint NOT NULL,
  lane text COLLATE "C" NOT NULL,
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  type smallint NOT NULL,
  name text,
  message_id text NOT NULL,
  source text NOT NULL,
  body bytea NOT NULL
) PARTITION BY RANGE (received_at);
ALTER TABLE history ALTER COLUMN body SET STORAGE EXTERNAL;
-- Read backward: newest first, and a page continues below the last row of the one before.
CREATE INDEX history_lane ON history (lane, occurred_at, partition, seq);
CREATE TABLE history_default PARTITION OF history DEFAULT;

-- Makes the month tables (UTC) from the given time on. A month that already has rows in the default table is left there:
-- moving them would lock the history. Call it ahead of time.
CREATE FUNCTION make_history_months(from_time timestamptz, months int)
RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  first_day timestamp;
  next_day timestamp;
  made int := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(7102, 0);
  FOR i IN 0 .. months - 1 LOOP
    first_day := date_trunc('month', from_time AT TIME ZONE 'UTC') + make_interval(months => i);
    next_day := first_day + interval '1 month';
    CONTINUE WHEN to_regclass('history_' || to_char(first_day, 'YYYY_MM')) IS NOT NULL;
    CONTINUE WHEN EXISTS (SELECT FROM history_default
      WHERE received_at >= first_day AT TIME ZONE 'UTC' AND received_at < next_day AT TIME ZONE 'UTC');
    EXECUTE format('CREATE TABLE %I PARTITION OF history FOR VALUES FROM (%L) TO (%L)',
      'history_' || to_char(first_day, 'YYYY_MM'), first_day AT TIME ZONE 'UTC', next_day AT TIME ZONE 'UTC');
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;

SELECT make_history_months(now(), 3);
