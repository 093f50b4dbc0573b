-- Leads on their ways: assigned by rules, in the pool, claimed, recycled, converted. Each is found by what it waits for.
ALTER TABLE lead ADD COLUMN awaits_since timestamptz GENERATED ALWAYS AS (json_time(state ->> 'awaitsSince')) STORED;
ALTER TABLE lead ADD COLUMN company_id text COLLATE "C" GENERATED ALWAYS AS (state ->> 'companyId') STORED;
CREATE INDEX lead_customer ON lead (customer) WHERE customer IS NOT NULL;
CREATE INDEX lead_awaits ON lead (awaits_since) WHERE awaits_since IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX lead_pool ON lead (pooled_at, id) WHERE pooled_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX lead_idle ON lead (touched_at) WHERE owner IS NOT NULL AND status NOT IN ('converted', 'unqualified') AND deleted_at IS NULL;
CREATE INDEX lead_pending ON lead (id) WHERE state -> 'pending' IS NOT NULL;

-- Who gets new leads that nobody owns. The first rule of a source, or of any, decides.
CREATE TABLE lead_rule (
  position int PRIMARY KEY,
  source text,
  mode text NOT NULL CHECK (mode IN ('round_robin', 'least_busy')),
  users text[] NOT NULL CHECK (cardinality(users) BETWEEN 1 AND 200),
  given bigint NOT NULL DEFAULT 0
);
