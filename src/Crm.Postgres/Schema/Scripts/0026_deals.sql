-- Deals, the pipelines that they go through, and whose behaviour warms them.
CREATE TABLE pipeline (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  position int NOT NULL,
  lost_reasons text[] NOT NULL DEFAULT '{}',
  record_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE stage (
  id text COLLATE "C" PRIMARY KEY,
  pipeline text COLLATE "C" NOT NULL REFERENCES pipeline ON DELETE CASCADE,
  position int NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  type text NOT NULL CHECK (type IN ('open', 'won', 'lost')),
  probability numeric NOT NULL CHECK (probability BETWEEN 0 AND 100),
  rotting_days int CHECK (rotting_days BETWEEN 1 AND 3650),
  required text[] NOT NULL DEFAULT '{}',
  UNIQUE (pipeline, id)
);

-- One number for all pipelines: whoever keeps them in memory asks for it.
CREATE TABLE pipeline_revision (one boolean PRIMARY KEY DEFAULT true CHECK (one), revision bigint NOT NULL);
INSERT INTO pipeline_revision (revision) VALUES (1);
CREATE FUNCTION pipelines_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE pipeline_revision SET revision = revision + 1;
  RETURN NULL;
END
$$;
CREATE TRIGGER pipelines_changed AFTER INSERT OR UPDATE OR DELETE ON pipeline FOR EACH STATEMENT EXECUTE FUNCTION pipelines_changed();
CREATE TRIGGER pipelines_changed AFTER INSERT OR UPDATE OR DELETE ON stage FOR EACH STATEMENT EXECUTE FUNCTION pipelines_changed();

INSERT INTO pipeline (id, name, position, lost_reasons, created_at, updated_at)
VALUES ('default', 'Sales', 1, '{Price,Competitor,"No budget","No decision",Timing}', now(), now());
INSERT INTO stage (id, pipeline, position, name, type, probability, rotting_days) VALUES
  ('prospecting', 'default', 1, 'Prospecting', 'open', 10, 30), ('engaging', 'default', 2, 'Engaging', 'open', 30, 30),
  ('proposal', 'default', 3, 'Proposal', 'open', 60, 21), ('negotiation', 'default', 4, 'Negotiation', 'open', 80, 14),
  ('won', 'default', 5, 'Won', 'won', 100, NULL), ('lost', 'default', 6, 'Lost', 'lost', 0, NULL);

CREATE TABLE deal (
  id text COLLATE "C" PRIMARY KEY,
  row_version bigint NOT NULL,
  record_version bigint NOT NULL,
  version bigint NOT NULL,
  state jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  created_by text NOT NULL,
  deleted_at timestamptz,
  last_cause uuid NOT NULL,
  owner text COLLATE "C" GENERATED ALWAYS AS (state ->> 'owner') STORED,
  team text COLLATE "C" GENERATED ALWAYS AS (state ->> 'team') STORED,
  tags text[] GENERATED ALWAYS AS (json_texts(state -> 'tags')) STORED,
  source text GENERATED ALWAYS AS (state ->> 'source') STORED,
  name text GENERATED ALWAYS AS (state ->> 'name') STORED,
  amount numeric GENERATED ALWAYS AS ((state -> 'amount' ->> 'amount')::numeric) STORED,
  amount_currency text GENERATED ALWAYS AS (state -> 'amount' ->> 'currency') STORED,
  amount_worth numeric GENERATED ALWAYS AS ((state -> 'amount' ->> 'worth')::numeric) STORED,
  pipeline text COLLATE "C" GENERATED ALWAYS AS (state ->> 'pipeline') STORED,
  stage text COLLATE "C" GENERATED ALWAYS AS (state ->> 'stage') STORED,
  status text COLLATE "C" GENERATED ALWAYS AS (state ->> 'status') STORED,
  probability numeric GENERATED ALWAYS AS ((state ->> 'probability')::numeric) STORED,
  win_probability numeric GENERATED ALWAYS AS ((state ->> 'winProbability')::numeric) STORED,
  close_date date GENERATED ALWAYS AS (json_day(state ->> 'closeDate')) STORED,
  company text COLLATE "C" GENERATED ALWAYS AS (state ->> 'company') STORED,
  customers text[] GENERATED ALWAYS AS (json_texts(state -> 'customers')) STORED,
  competitors text[] GENERATED ALWAYS AS (json_texts(state -> 'competitors')) STORED,
  lost_reason text GENERATED ALWAYS AS (state ->> 'lostReason') STORED,
  stage_entered_at timestamptz GENERATED ALWAYS AS (json_time(state ->> 'stageEnteredAt')) STORED,
  rotten_at timestamptz GENERATED ALWAYS AS (json_time(state ->> 'rottenAt')) STORED,
  won_at timestamptz GENERATED ALWAYS AS (json_time(state ->> 'wonAt')) STORED,
  lost_at timestamptz GENERATED ALWAYS AS (json_time(state ->> 'lostAt')) STORED,
  order_id text COLLATE "C" GENERATED ALWAYS AS (state ->> 'orderId') STORED,
  external_id text GENERATED ALWAYS AS (state ->> 'externalId') STORED,
  description text GENERATED ALWAYS AS (state ->> 'description') STORED,
  -- How warm its customers are, as a power of two at a fixed time: what is warmer now was and stays warmer until something happens.
  heat_base double precision,
  -- Where a deal stands is there: a stage that deals stand in cannot go, whoever tries, and however late a silo hears of it.
  FOREIGN KEY (pipeline, stage) REFERENCES stage (pipeline, id)
);
CREATE INDEX deal_name ON deal USING gin (name gin_trgm_ops);
CREATE INDEX deal_grams ON deal USING gin (name_grams(name));
CREATE INDEX deal_by_name ON deal (name, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_by_created ON deal (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_by_amount ON deal (amount_worth, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_by_close ON deal (close_date, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_owner ON deal (owner, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_team ON deal (team, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_company ON deal (company, id) WHERE company IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX deal_customers ON deal USING gin (customers);
CREATE INDEX deal_stage ON deal (pipeline, stage, amount_worth DESC NULLS LAST, id);
CREATE INDEX deal_warm ON deal (stage, heat_base DESC NULLS LAST, id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX deal_external_id ON deal (external_id) WHERE external_id IS NOT NULL AND deleted_at IS NULL;

-- Open deals by the customers who warm them; root is who a customer was found to be after merges.
CREATE TABLE deal_customer (
  deal text COLLATE "C" NOT NULL REFERENCES deal ON DELETE CASCADE,
  customer text COLLATE "C" NOT NULL,
  root text COLLATE "C" NOT NULL,
  PRIMARY KEY (deal, customer)
);
CREATE INDEX deal_customer_customer ON deal_customer (customer);
CREATE INDEX deal_customer_root ON deal_customer (root);

-- Customers whose deals' heat is to be brought up to date.
CREATE TABLE heat_due (customer text COLLATE "C" PRIMARY KEY, turn bigint NOT NULL);

CREATE FUNCTION deal_customers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM deal_customer WHERE deal = NEW.id AND customer <> ALL(coalesce(NEW.customers, '{}'));
  IF NEW.deleted_at IS NOT NULL OR NEW.status <> 'open' THEN
    DELETE FROM deal_customer WHERE deal = NEW.id;
  ELSE
    INSERT INTO deal_customer (deal, customer, root) SELECT DISTINCT NEW.id, c, c FROM unnest(NEW.customers) AS c ORDER BY 2 ON CONFLICT DO NOTHING;
    INSERT INTO heat_due (customer, turn) SELECT DISTINCT c, 1 FROM unnest(NEW.customers) AS c ORDER BY 1
      ON CONFLICT (customer) DO UPDATE SET turn = heat_due.turn + 1;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER deal_customers_made AFTER INSERT ON deal FOR EACH ROW WHEN (cardinality(NEW.customers) > 0) EXECUTE FUNCTION deal_customers();
CREATE TRIGGER deal_customers_changed AFTER UPDATE ON deal FOR EACH ROW WHEN (
  OLD.customers IS DISTINCT FROM NEW.customers OR OLD.status <> NEW.status OR (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL)
) EXECUTE FUNCTION deal_customers();
