-- Records: one row each. What is listed is derived from the record by PostgreSQL itself, so that no list can differ from it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Texts are stored canonically (UTC, ISO 8601), so that reading them depends on no setting.
CREATE FUNCTION json_time(stored text) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT rtrim(stored, 'Z')::timestamp AT TIME ZONE 'UTC'
$$;
CREATE FUNCTION json_day(stored text) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT stored::date
$$;
CREATE FUNCTION json_texts(stored jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(t ORDER BY n), '{}') FROM jsonb_array_elements_text(stored) WITH ORDINALITY AS e(t, n)
$$;

-- What a search for short names looks up, where trigrams find nothing: each sign of scripts that write words with few signs (three bytes and
-- more), alone and with the one after it. All grams of a part of a text are among those of the text.
CREATE FUNCTION name_grams(stored text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN octet_length(stored) = length(stored) THEN '{}' ELSE (
    SELECT coalesce(array_agg(DISTINCT gram), '{}')
    FROM generate_series(1, length(stored)) AS at, LATERAL (VALUES (lower(substr(stored, at, 1))), (lower(substr(stored, at, 2)))) AS g(gram)
    WHERE octet_length(substr(stored, at, 1)) >= 3) END
$$;

CREATE TABLE company (
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
  domain text GENERATED ALWAYS AS (state ->> 'domain') STORED,
  website text GENERATED ALWAYS AS (state ->> 'website') STORED,
  phone text GENERATED ALWAYS AS (state ->> 'phone') STORED,
  email text GENERATED ALWAYS AS (state ->> 'email') STORED,
  industry text GENERATED ALWAYS AS (state ->> 'industry') STORED,
  size numeric GENERATED ALWAYS AS ((state ->> 'size')::numeric) STORED,
  parent text COLLATE "C" GENERATED ALWAYS AS (state ->> 'parent') STORED,
  group_id text GENERATED ALWAYS AS (state ->> 'groupId') STORED,
  external_id text GENERATED ALWAYS AS (state ->> 'externalId') STORED,
  description text GENERATED ALWAYS AS (state ->> 'description') STORED
);
CREATE INDEX company_search ON company USING gin ((coalesce(name, '') || ' ' || coalesce(domain, '')) gin_trgm_ops);
CREATE INDEX company_grams ON company USING gin (name_grams((coalesce(name, '') || ' ' || coalesce(domain, ''))));
CREATE INDEX company_by_name ON company (name, id) WHERE deleted_at IS NULL;
CREATE INDEX company_by_created ON company (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX company_owner ON company (owner, id) WHERE deleted_at IS NULL;
CREATE INDEX company_team ON company (team, id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX company_external_id ON company (external_id) WHERE external_id IS NOT NULL AND deleted_at IS NULL;

CREATE TABLE lead (
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
  company text GENERATED ALWAYS AS (state ->> 'company') STORED,
  email text GENERATED ALWAYS AS (state ->> 'email') STORED,
  phone text GENERATED ALWAYS AS (state ->> 'phone') STORED,
  status text GENERATED ALWAYS AS (state ->> 'status') STORED,
  score numeric GENERATED ALWAYS AS ((state ->> 'score')::numeric) STORED,
  external_id text GENERATED ALWAYS AS (state ->> 'externalId') STORED,
  pooled_at timestamptz GENERATED ALWAYS AS (json_time(state ->> 'pooledAt')) STORED,
  claimed_at timestamptz GENERATED ALWAYS AS (json_time(state ->> 'claimedAt')) STORED,
  touched_at timestamptz GENERATED ALWAYS AS (json_time(state ->> 'touchedAt')) STORED,
  converted_at timestamptz GENERATED ALWAYS AS (json_time(state ->> 'convertedAt')) STORED,
  customer text GENERATED ALWAYS AS (state ->> 'customer') STORED,
  deal text GENERATED ALWAYS AS (state ->> 'deal') STORED,
  description text GENERATED ALWAYS AS (state ->> 'description') STORED
);
CREATE INDEX lead_search ON lead USING gin ((coalesce(name, '') || ' ' || coalesce(company, '')) gin_trgm_ops);
CREATE INDEX lead_grams ON lead USING gin (name_grams((coalesce(name, '') || ' ' || coalesce(company, ''))));
CREATE INDEX lead_by_name ON lead (name, id) WHERE deleted_at IS NULL;
CREATE INDEX lead_by_created ON lead (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX lead_owner ON lead (owner, id) WHERE deleted_at IS NULL;
CREATE INDEX lead_team ON lead (team, id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX lead_external_id ON lead (external_id) WHERE external_id IS NOT NULL AND deleted_at IS NULL;

CREATE TABLE product (
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
  code text GENERATED ALWAYS AS (state ->> 'code') STORED,
  price numeric GENERATED ALWAYS AS ((state -> 'price' ->> 'amount')::numeric) STORED,
  price_currency text GENERATED ALWAYS AS (state -> 'price' ->> 'currency') STORED,
  price_worth numeric GENERATED ALWAYS AS ((state -> 'price' ->> 'worth')::numeric) STORED,
  tax_rate numeric GENERATED ALWAYS AS ((state ->> 'taxRate')::numeric) STORED,
  status text GENERATED ALWAYS AS (state ->> 'status') STORED,
  category text GENERATED ALWAYS AS (state ->> 'category') STORED,
  external_id text GENERATED ALWAYS AS (state ->> 'externalId') STORED,
  description text GENERATED ALWAYS AS (state ->> 'description') STORED
);
CREATE INDEX product_search ON product USING gin ((coalesce(name, '') || ' ' || coalesce(code, '')) gin_trgm_ops);
CREATE INDEX product_grams ON product USING gin (name_grams((coalesce(name, '') || ' ' || coalesce(code, ''))));
CREATE INDEX product_by_name ON product (name, id) WHERE deleted_at IS NULL;
CREATE INDEX product_by_created ON product (created_at, id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX product_code ON product (code) WHERE code IS NOT NULL AND deleted_at IS NULL;
CREATE UNIQUE INDEX product_external_id ON product (external_id) WHERE external_id IS NOT NULL AND deleted_at IS NULL;

CREATE TABLE activity (
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
  type text GENERATED ALWAYS AS (state ->> 'type') STORED,
  subject text GENERATED ALWAYS AS (state ->> 'subject') STORED,
  body text GENERATED ALWAYS AS (state ->> 'body') STORED,
  at timestamptz GENERATED ALWAYS AS (json_time(state ->> 'at')) STORED,
  duration_minutes numeric GENERATED ALWAYS AS ((state ->> 'durationMinutes')::numeric) STORED,
  customer text COLLATE "C" GENERATED ALWAYS AS (state ->> 'customer') STORED,
  company text COLLATE "C" GENERATED ALWAYS AS (state ->> 'company') STORED,
  deal text COLLATE "C" GENERATED ALWAYS AS (state ->> 'deal') STORED,
  lead text COLLATE "C" GENERATED ALWAYS AS (state ->> 'lead') STORED,
  participants text[] GENERATED ALWAYS AS (json_texts(state -> 'participants')) STORED,
  external_id text GENERATED ALWAYS AS (state ->> 'externalId') STORED
);
CREATE INDEX activity_search ON activity USING gin (subject gin_trgm_ops);
CREATE INDEX activity_grams ON activity USING gin (name_grams(subject));
CREATE INDEX activity_by_at ON activity (at, id) WHERE deleted_at IS NULL;
CREATE INDEX activity_by_created ON activity (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX activity_owner ON activity (owner, id) WHERE deleted_at IS NULL;
CREATE INDEX activity_team ON activity (team, id) WHERE deleted_at IS NULL;
CREATE INDEX activity_customer ON activity (customer, id) WHERE customer IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX activity_company ON activity (company, id) WHERE company IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX activity_deal ON activity (deal, id) WHERE deal IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX activity_lead ON activity (lead, id) WHERE lead IS NOT NULL AND deleted_at IS NULL;
CREATE UNIQUE INDEX activity_external_id ON activity (external_id) WHERE external_id IS NOT NULL AND deleted_at IS NULL;

CREATE TABLE task (
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
  subject text GENERATED ALWAYS AS (state ->> 'subject') STORED,
  description text GENERATED ALWAYS AS (state ->> 'description') STORED,
  due timestamptz GENERATED ALWAYS AS (json_time(state ->> 'due')) STORED,
  remind_at timestamptz GENERATED ALWAYS AS (json_time(state ->> 'remindAt')) STORED,
  status text GENERATED ALWAYS AS (state ->> 'status') STORED,
  priority text GENERATED ALWAYS AS (state ->> 'priority') STORED,
  done_at timestamptz GENERATED ALWAYS AS (json_time(state ->> 'doneAt')) STORED,
  customer text COLLATE "C" GENERATED ALWAYS AS (state ->> 'customer') STORED,
  company text COLLATE "C" GENERATED ALWAYS AS (state ->> 'company') STORED,
  deal text COLLATE "C" GENERATED ALWAYS AS (state ->> 'deal') STORED,
  lead text COLLATE "C" GENERATED ALWAYS AS (state ->> 'lead') STORED,
  external_id text GENERATED ALWAYS AS (state ->> 'externalId') STORED
);
CREATE INDEX task_search ON task USING gin (subject gin_trgm_ops);
CREATE INDEX task_grams ON task USING gin (name_grams(subject));
CREATE INDEX task_by_due ON task (due, id) WHERE deleted_at IS NULL;
CREATE INDEX task_by_created ON task (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX task_owner ON task (owner, id) WHERE deleted_at IS NULL;
CREATE INDEX task_team ON task (team, id) WHERE deleted_at IS NULL;
CREATE INDEX task_customer ON task (customer, id) WHERE customer IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX task_company ON task (company, id) WHERE company IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX task_deal ON task (deal, id) WHERE deal IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX task_lead ON task (lead, id) WHERE lead IS NOT NULL AND deleted_at IS NULL;
CREATE UNIQUE INDEX task_external_id ON task (external_id) WHERE external_id IS NOT NULL AND deleted_at IS NULL;

-- "order" is a word of SQL.
CREATE TABLE sales_order (
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
  number text GENERATED ALWAYS AS (state ->> 'number') STORED,
  name text GENERATED ALWAYS AS (state ->> 'name') STORED,
  customer text COLLATE "C" GENERATED ALWAYS AS (state ->> 'customer') STORED,
  company text COLLATE "C" GENERATED ALWAYS AS (state ->> 'company') STORED,
  deal text COLLATE "C" GENERATED ALWAYS AS (state ->> 'deal') STORED,
  lead text COLLATE "C" GENERATED ALWAYS AS (state ->> 'lead') STORED,
  status text GENERATED ALWAYS AS (state ->> 'status') STORED,
  payment_state text GENERATED ALWAYS AS (state ->> 'paymentState') STORED,
  currency text GENERATED ALWAYS AS (state ->> 'currency') STORED,
  total numeric GENERATED ALWAYS AS ((state -> 'total' ->> 'amount')::numeric) STORED,
  total_currency text GENERATED ALWAYS AS (state -> 'total' ->> 'currency') STORED,
  total_worth numeric GENERATED ALWAYS AS ((state -> 'total' ->> 'worth')::numeric) STORED,
  tax numeric GENERATED ALWAYS AS ((state -> 'tax' ->> 'amount')::numeric) STORED,
  tax_currency text GENERATED ALWAYS AS (state -> 'tax' ->> 'currency') STORED,
  tax_worth numeric GENERATED ALWAYS AS ((state -> 'tax' ->> 'worth')::numeric) STORED,
  discount numeric GENERATED ALWAYS AS ((state -> 'discount' ->> 'amount')::numeric) STORED,
  discount_currency text GENERATED ALWAYS AS (state -> 'discount' ->> 'currency') STORED,
  discount_worth numeric GENERATED ALWAYS AS ((state -> 'discount' ->> 'worth')::numeric) STORED,
  paid numeric GENERATED ALWAYS AS ((state -> 'paid' ->> 'amount')::numeric) STORED,
  paid_currency text GENERATED ALWAYS AS (state -> 'paid' ->> 'currency') STORED,
  paid_worth numeric GENERATED ALWAYS AS ((state -> 'paid' ->> 'worth')::numeric) STORED,
  refunded numeric GENERATED ALWAYS AS ((state -> 'refunded' ->> 'amount')::numeric) STORED,
  refunded_currency text GENERATED ALWAYS AS (state -> 'refunded' ->> 'currency') STORED,
  refunded_worth numeric GENERATED ALWAYS AS ((state -> 'refunded' ->> 'worth')::numeric) STORED,
  placed_at timestamptz GENERATED ALWAYS AS (json_time(state ->> 'placedAt')) STORED,
  external_id text GENERATED ALWAYS AS (state ->> 'externalId') STORED,
  description text GENERATED ALWAYS AS (state ->> 'description') STORED
);
CREATE INDEX sales_order_search ON sales_order USING gin ((coalesce(number, '') || ' ' || coalesce(name, '')) gin_trgm_ops);
CREATE INDEX sales_order_grams ON sales_order USING gin (name_grams((coalesce(number, '') || ' ' || coalesce(name, ''))));
CREATE INDEX sales_order_by_placed_at ON sales_order (placed_at, id) WHERE deleted_at IS NULL;
CREATE INDEX sales_order_by_created ON sales_order (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX sales_order_owner ON sales_order (owner, id) WHERE deleted_at IS NULL;
CREATE INDEX sales_order_team ON sales_order (team, id) WHERE deleted_at IS NULL;
CREATE INDEX sales_order_customer ON sales_order (customer, id) WHERE customer IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX sales_order_company ON sales_order (company, id) WHERE company IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX sales_order_deal ON sales_order (deal, id) WHERE deal IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX sales_order_lead ON sales_order (lead, id) WHERE lead IS NOT NULL AND deleted_at IS NULL;
CREATE UNIQUE INDEX sales_order_external_id ON sales_order (external_id) WHERE external_id IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX sales_order_number ON sales_order (number) WHERE deleted_at IS NULL;
CREATE INDEX sales_order_by_total ON sales_order (total_worth, id) WHERE deleted_at IS NULL;

-- What was done, in the transaction that did it. Later the lines are chained: each holds the hash of the one before and, of what
-- people wrote, only a salted hash beside the values, which an erasure can take away without breaking the chain.
CREATE TABLE audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  by_whom text NOT NULL,
  address text,
  kind text NOT NULL,
  record text COLLATE "C" NOT NULL,
  action text NOT NULL,
  changes jsonb,
  salt bytea NOT NULL DEFAULT uuid_send(gen_random_uuid()),
  changes_hash bytea,
  chained bytea
);
CREATE INDEX audit_record ON audit (kind, record, id);
CREATE INDEX audit_unchained ON audit (id) WHERE chained IS NULL;
