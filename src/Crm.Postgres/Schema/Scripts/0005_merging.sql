-- Merges that events below a partition's checkpoint ask for and that may not be carried out yet: a read by position waits for them.
CREATE TABLE lane_merge (
  partition smallint NOT NULL,
  lane text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  PRIMARY KEY (partition, lane, source)
);

-- As before, and stores the merges that wait. The defaults serve silos of the version before, until the last of them has stopped.
DROP FUNCTION advance_partition(smallint, bigint, text[], bigint[], bytea[]);
CREATE FUNCTION advance_partition(
  wanted_partition smallint, wanted bigint, lanes text[], seqs bigint[], packeds bytea[],
  merging_lanes text[] DEFAULT '{}', merging_sources text[] DEFAULT '{}')
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
  IF wanted < stored THEN
    RETURN stored;
  END IF;
  DELETE FROM lane_merge WHERE partition = wanted_partition;
  IF cardinality(merging_lanes) > 0 THEN
    INSERT INTO lane_merge (partition, lane, source)
    SELECT wanted_partition, m.lane, m.source FROM unnest(merging_lanes, merging_sources) AS m (lane, source) ON CONFLICT DO NOTHING;
  END IF;
  IF wanted > stored THEN
    UPDATE partition_state SET checkpoint = wanted WHERE partition = wanted_partition;
  END IF;
  RETURN wanted;
END $$;
