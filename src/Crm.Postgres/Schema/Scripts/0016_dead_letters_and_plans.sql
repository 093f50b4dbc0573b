-- Dead letters can be counted by source and reason, and replayed: taken before the event is logged, done when that is known.
ALTER TABLE dead_letter_inbound
  -- A stable name of the reason, for programs: refused, plan, rate.
  ADD COLUMN code text NOT NULL DEFAULT 'refused',
  -- The call that it was, and the event's name, where they are known.
  ADD COLUMN call text,
  ADD COLUMN event text,
  -- The event as it would have been logged, when all but its source's rules was right; then the sample is empty.
  ADD COLUMN packed bytea,
  ADD COLUMN replay text CHECK (replay IN ('taken', 'done')),
  ADD COLUMN replay_at timestamptz;
CREATE INDEX dead_letter_inbound_source ON dead_letter_inbound (source, id);

-- The source of a packed event: [version][lane][type][messageId][source], texts behind a varint length. Empty where it cannot
-- be read: a damaged event is a dead letter, too.
CREATE FUNCTION packed_source(packed bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
  at int := 1;
  length int;
  shift int;
  part int;
BEGIN
  FOR field IN 1 .. 3 LOOP
    length := 0;
    shift := 0;
    LOOP
      part := get_byte(packed, at);
      at := at + 1;
      length := length | ((part & 127) << shift);
      EXIT WHEN part < 128;
      shift := shift + 7;
    END LOOP;
    IF field = 3 THEN
      RETURN left(convert_from(substr(packed, at + 1, length), 'UTF8'), 100);
    END IF;
    at := at + length;
    IF field = 1 THEN
      at := at + 1;
    END IF;
  END LOOP;
  RETURN '';
EXCEPTION WHEN OTHERS THEN
  RETURN '';
END $$;

ALTER TABLE dead_letter
  ADD COLUMN source text NOT NULL GENERATED ALWAYS AS (coalesce(packed_source(packed), '')) STORED,
  ADD COLUMN replay text CHECK (replay IN ('taken', 'done')),
  ADD COLUMN replay_at timestamptz;

-- What a source's events should look like: a JSON Schema per event name. Versions are never used again, so that a schema that
-- was removed and made anew is told from the one before.
CREATE SEQUENCE data_plan_version;
CREATE TABLE data_plan (
  source text COLLATE "C" NOT NULL REFERENCES source ON DELETE CASCADE,
  event text COLLATE "C" NOT NULL,
  schema text NOT NULL CHECK (octet_length(schema) <= 65536),
  record_version bigint NOT NULL DEFAULT nextval('data_plan_version'),
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (source, event)
);
CREATE TRIGGER access_changed AFTER INSERT OR UPDATE OR DELETE ON data_plan FOR EACH STATEMENT EXECUTE FUNCTION access_changed();

-- How often which rule of a plan was broken. A rule is a place in the schema, so there are never more rows than rules.
CREATE TABLE plan_violation (
  source text COLLATE "C" NOT NULL REFERENCES source ON DELETE CASCADE,
  event text COLLATE "C" NOT NULL,
  rule text COLLATE "C" NOT NULL,
  kept bigint NOT NULL,
  refused bigint NOT NULL,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (source, event, rule)
);
