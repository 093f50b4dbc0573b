-- Segments: their definitions, with all earlier ones; who is in them; and who entered and left when.
CREATE TABLE segment (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  description text NOT NULL,
  definition text NOT NULL,
  version integer NOT NULL,
  flag text,
  record_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz
);
CREATE UNIQUE INDEX segment_name ON segment (lower(name)) WHERE deleted_at IS NULL;

CREATE UNIQUE INDEX segment_flag ON segment (flag) WHERE flag IS NOT NULL AND deleted_at IS NULL;

CREATE TABLE segment_version (
  segment text COLLATE "C" NOT NULL REFERENCES segment ON DELETE CASCADE,
  version integer NOT NULL,
  definition text NOT NULL,
  at timestamptz NOT NULL,
  by_whom text NOT NULL,
  PRIMARY KEY (segment, version)
);

-- Every change of any definition raises it; whoever has the number knows the definitions.
CREATE TABLE segment_plan (number bigint NOT NULL, reads_card boolean NOT NULL);
INSERT INTO segment_plan VALUES (0, false);

-- What customers remember of their events, and since which plan: who was last looked at by an earlier one reads it from the history.
CREATE TABLE segment_series (
  key bigint PRIMARY KEY,
  born bigint NOT NULL
);

-- How far all customers were looked at by the newest plan: those up to an id, in the order of ids.
CREATE TABLE segment_fill (
  plan bigint NOT NULL,
  after text COLLATE "C" NOT NULL,
  looked bigint NOT NULL,
  ended boolean NOT NULL,
  paused boolean NOT NULL
);
INSERT INTO segment_fill VALUES (0, '', 0, true, false);

CREATE TABLE segment_member (
  segment text COLLATE "C" NOT NULL,
  customer text COLLATE "C" NOT NULL,
  since timestamptz NOT NULL,
  version integer NOT NULL,
  PRIMARY KEY (customer, segment)
);
CREATE INDEX segment_member_since ON segment_member (segment, since, customer);

-- How many are in a segment: the sum over what each connection that writes customers counted.
CREATE TABLE segment_count (
  segment text COLLATE "C" NOT NULL,
  counted_by int NOT NULL,
  members bigint NOT NULL,
  PRIMARY KEY (segment, counted_by)
);

CREATE TABLE segment_change (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  segment text COLLATE "C" NOT NULL,
  customer text COLLATE "C" NOT NULL,
  entered boolean NOT NULL,
  version integer NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX segment_change_segment ON segment_change (segment, id);
CREATE INDEX segment_change_customer ON segment_change (customer, id);

-- A customer's row goes when its person is erased: so does what says where it belonged.
CREATE FUNCTION forget_segments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  WITH left_by AS (DELETE FROM segment_member m USING gone g WHERE m.customer = g.id RETURNING m.segment)
  INSERT INTO segment_count AS c (segment, counted_by, members) SELECT segment, 0, -count(*) FROM left_by GROUP BY segment
  ON CONFLICT (segment, counted_by) DO UPDATE SET members = c.members + excluded.members;
  DELETE FROM segment_change c USING gone g WHERE c.customer = g.id;
  RETURN NULL;
END
$$;
CREATE TRIGGER customer_forgets_segments AFTER DELETE ON customer REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION forget_segments();

-- Customers of whom people wrote something, where a definition looks at that.
CREATE TABLE segment_card_due (customer text COLLATE "C" PRIMARY KEY, turn bigint NOT NULL);
CREATE FUNCTION card_moves_segments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO segment_card_due AS d (customer, turn) SELECT NEW.id, 1 WHERE EXISTS (SELECT FROM segment_plan WHERE reads_card)
  ON CONFLICT (customer) DO UPDATE SET turn = d.turn + 1;
  RETURN NULL;
END
$$;
CREATE TRIGGER card_moves_segments AFTER INSERT OR UPDATE OF state ON customer_record FOR EACH ROW
  WHEN (NEW.row_version > 0) EXECUTE FUNCTION card_moves_segments();
