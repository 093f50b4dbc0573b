-- Customers as records: what people write (state, the card), and beside it what lists show of the live profile. The card is written as every
-- record is; the live columns are written with the customer's own row, when they changed. A row that only events made has row_version 0.
CREATE TABLE customer_record (
  id text COLLATE "C" PRIMARY KEY,
  row_version bigint NOT NULL,
  record_version bigint NOT NULL,
  -- Not used: the profile's stands in customer_seen.
  version bigint NOT NULL,
  state jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  created_by text NOT NULL,
  deleted_at timestamptz,
  last_cause uuid NOT NULL,

  moved_to text COLLATE "C",
  first_seen timestamptz,
  last_order timestamptz,
  orders int NOT NULL DEFAULT 0,
  -- Net, in the base currency of the time it was written; null for who never ordered, and where a rate is missing.
  revenue numeric,
  revenue_currency text,
  tier text,
  -- visitor, lead or customer; when a customer lapsed the time of the last order tells.
  stage text NOT NULL DEFAULT 'visitor',
  live_name text,
  live_email text,
  live_phone text,

  owner text COLLATE "C" GENERATED ALWAYS AS (state ->> 'owner') STORED,
  team text COLLATE "C" GENERATED ALWAYS AS (state ->> 'team') STORED,
  tags text[] GENERATED ALWAYS AS (json_texts(state -> 'tags')) STORED,
  source text GENERATED ALWAYS AS (state ->> 'source') STORED,
  -- What a person wrote goes before what events said.
  name text GENERATED ALWAYS AS (coalesce(state ->> 'fullName', live_name)) STORED,
  email text GENERATED ALWAYS AS (coalesce(state -> 'emails' ->> 0, live_email)) STORED,
  phone text GENERATED ALWAYS AS (coalesce(state -> 'phones' ->> 0, live_phone)) STORED,
  searched text GENERATED ALWAYS AS (nullif(btrim(coalesce(state ->> 'fullName', '') || ' ' || coalesce(live_name, '') || ' '
    || coalesce(state ->> 'emails', '') || ' ' || coalesce(live_email, '') || ' ' || coalesce(state ->> 'phones', '') || ' '
    || coalesce(state ->> 'phonesE164', '') || ' ' || coalesce(live_phone, '')), '')) STORED,
  given_name text GENERATED ALWAYS AS (state ->> 'givenName') STORED,
  family_name text GENERATED ALWAYS AS (state ->> 'familyName') STORED,
  full_name text GENERATED ALWAYS AS (state ->> 'fullName') STORED,
  emails text[] GENERATED ALWAYS AS (json_texts(state -> 'emails')) STORED,
  phones text[] GENERATED ALWAYS AS (json_texts(state -> 'phones')) STORED,
  phones_e164 text[] GENERATED ALWAYS AS (json_texts(state -> 'phonesE164')) STORED,
  birthday date GENERATED ALWAYS AS (json_day(state ->> 'birthday')) STORED,
  language text GENERATED ALWAYS AS (state ->> 'language') STORED,
  company text COLLATE "C" GENERATED ALWAYS AS (state ->> 'company') STORED,
  role text GENERATED ALWAYS AS (state ->> 'role') STORED,
  external_id text GENERATED ALWAYS AS (state ->> 'externalId') STORED,
  description text GENERATED ALWAYS AS (state ->> 'description') STORED
) WITH (fillfactor = 80);

-- Each index is partial where it can be: a visitor, of whom little is known, stands in few of them.
CREATE INDEX customer_record_by_created ON customer_record (created_at, id) WHERE deleted_at IS NULL AND moved_to IS NULL;
CREATE INDEX customer_record_by_name ON customer_record (name, id) WHERE name IS NOT NULL AND deleted_at IS NULL AND moved_to IS NULL;
CREATE INDEX customer_record_by_revenue ON customer_record (revenue, id) WHERE revenue IS NOT NULL AND deleted_at IS NULL AND moved_to IS NULL;
CREATE INDEX customer_record_owner ON customer_record (owner, id) WHERE owner IS NOT NULL AND deleted_at IS NULL AND moved_to IS NULL;
CREATE INDEX customer_record_team ON customer_record (team, id) WHERE team IS NOT NULL AND deleted_at IS NULL AND moved_to IS NULL;
CREATE INDEX customer_record_company ON customer_record (company, id) WHERE company IS NOT NULL AND deleted_at IS NULL AND moved_to IS NULL;
CREATE INDEX customer_record_email ON customer_record (email) WHERE email IS NOT NULL;
CREATE INDEX customer_record_phone ON customer_record (phone) WHERE phone IS NOT NULL;
CREATE INDEX customer_record_tags ON customer_record USING gin (tags) WHERE tags IS NOT NULL;
CREATE INDEX customer_record_search ON customer_record USING gin (searched gin_trgm_ops) WHERE searched IS NOT NULL;
CREATE INDEX customer_record_grams ON customer_record USING gin (name_grams(searched)) WHERE searched IS NOT NULL;
-- Also of merged customers, who are found by it and lead to the one they were merged into.
CREATE UNIQUE INDEX customer_record_external_id ON customer_record (external_id) WHERE external_id IS NOT NULL AND deleted_at IS NULL;

-- What changes with every event: written at most every ten seconds a customer, and apart, since a row that changes in one index is entered
-- anew in all of them.
CREATE TABLE customer_seen (
  id text COLLATE "C" PRIMARY KEY,
  -- Of the profile.
  version bigint NOT NULL,
  -- Null for who was merged into another.
  last_seen timestamptz,
  events bigint NOT NULL,
  sessions int NOT NULL,
  score numeric
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_cost_delay = 1);
CREATE INDEX customer_seen_last ON customer_seen (last_seen, id) WHERE last_seen IS NOT NULL;
CREATE INDEX customer_seen_score ON customer_seen (score, id) WHERE score IS NOT NULL;

-- What lists read.
CREATE VIEW customer_list AS
SELECT r.id, r.row_version, r.record_version, coalesce(s.version, 0) AS version, r.state, r.created_at, r.updated_at, r.created_by, r.deleted_at,
  r.owner, r.team, r.tags, r.source, r.name, r.email, r.phone, r.searched, r.given_name, r.family_name, r.full_name, r.emails, r.phones,
  r.phones_e164, r.birthday, r.language, r.company, r.role, r.external_id, r.description, r.moved_to, r.first_seen, r.last_order, r.orders,
  r.revenue, r.revenue_currency, r.tier, r.stage, r.live_name, r.live_email, r.live_phone, s.last_seen, s.events, s.sessions, s.score
FROM customer_record r LEFT JOIN customer_seen s ON s.id = r.id;

-- Customers whose live columns are to be written later: by a write of theirs, or by whoever wakes them then.
CREATE TABLE customer_list_due (
  id text COLLATE "C" PRIMARY KEY,
  due_at timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 1);
CREATE INDEX customer_list_due_at ON customer_list_due (due_at);

-- What the worth of revenue in the lists was computed by.
CREATE TABLE customer_list_terms (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), terms text NOT NULL);

-- The version of the source's card that the one it was merged into is still to take over; null for none. The write that freezes its row sets
-- it, and the trigger when the card is written after that.
ALTER TABLE merge_ledger ADD COLUMN card_pending bigint;
CREATE INDEX merge_ledger_card ON merge_ledger (source) WHERE card_pending IS NOT NULL;

CREATE FUNCTION card_of_merged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE merge_ledger SET card_pending = NEW.record_version WHERE source = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER card_of_merged AFTER INSERT OR UPDATE OF state ON customer_record FOR EACH ROW
  WHEN (NEW.row_version > 0 AND NEW.moved_to IS NOT NULL) EXECUTE FUNCTION card_of_merged();

-- Customers that are there already: what their rows say now, the rest when they are woken.
INSERT INTO customer_record (id, row_version, record_version, version, state, created_at, updated_at, created_by, last_cause,
  moved_to, first_seen, orders, stage)
SELECT id, 0, 0, 0, '{}', now(), now(), 'events', '00000000-0000-0000-0000-000000000000', moved_to, last_seen, orders,
  CASE WHEN orders > 0 THEN 'customer' WHEN id LIKE 'a:%' THEN 'visitor' ELSE 'lead' END
FROM customer;
INSERT INTO customer_seen (id, version, last_seen, events, sessions)
SELECT id, events, CASE WHEN moved_to IS NULL THEN last_seen END, events, 0 FROM customer;
INSERT INTO customer_list_due (id, due_at) SELECT id, now() FROM customer WHERE moved_to IS NULL;

-- As before, and in the lists: who leaves is listed again.
-- Takes a customer out of the one it was merged into: both rows, the ledger, the bar and the look-up ids, or nothing.
-- False, and nothing done, when a row or the ledger is not as the caller saw it. Rows: the root's first, then the source's.
CREATE OR REPLACE FUNCTION split_customer(
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
  UPDATE customer_record r SET moved_to = NULL WHERE r.id = source_id;
  UPDATE customer_record r SET moved_to = source_id WHERE r.id = ANY (moved);
  INSERT INTO customer_list_due AS d (id, due_at) SELECT x, now() FROM unnest(ARRAY[root, source_id]) AS x ORDER BY x COLLATE "C"
  ON CONFLICT (id) DO UPDATE SET due_at = excluded.due_at;
  RETURN true;
END $$;

-- As before, with the person's records and what was written of them in the audit, whose lines stay.
-- Erases a customer as its grain knows it. The lock on the table lets writes that are under way end, and begins no others, so
-- that a first row that was on its way is seen here, and one that comes later sees the tombstone.
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
  lines bigint;
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
  UPDATE audit a SET changes = NULL WHERE a.kind = 'customer' AND a.record = ANY (lanes) AND a.changes IS NOT NULL;
  GET DIAGNOSTICS lines = ROW_COUNT;
  UPDATE erasure e SET step = 2, erased_at = at, subject = root, ids = lanes, mentions = names, keys = lane_keys,
    counts = jsonb_build_object('customer', customers, 'customer_external_id', looked_up, 'merge_ledger', merges,
      'merge_bar', bars, 'duplicate_candidate', candidates, 'message_page', pages,
      'customer_record', cards, 'audit', lines)
  WHERE e.id = job;
  RETURN true;
END $$;
