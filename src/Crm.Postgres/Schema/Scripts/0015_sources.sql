-- Where events come from: a site, an app, a server, an import. Its id is what its events carry.
CREATE TABLE source (
  id text COLLATE "C" PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 100),
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('web', 'app', 'server', 'import')),
  -- Pages that may use its keys from a browser; none named: all.
  allowed_origins text[] NOT NULL DEFAULT '{}',
  settings text NOT NULL DEFAULT '{}' CHECK (length(settings) <= 16384),
  retention_days int CHECK (retention_days > 0),
  plan_violations text NOT NULL DEFAULT 'keep' CHECK (plan_violations IN ('keep', 'refuse')),
  enabled boolean NOT NULL DEFAULT true,
  record_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

-- Keys that were made before had the name of their source only.
INSERT INTO source (id, name, kind, created_at, updated_at)
SELECT source, source, CASE WHEN bool_or(kind = 'write') THEN 'web' ELSE 'server' END, min(created_at), min(created_at)
FROM api_key GROUP BY source;

ALTER TABLE api_key
  ADD COLUMN scopes text[],
  -- Until when it works: after a rotation the old key does for a while longer.
  ADD COLUMN expires_at timestamptz,
  ADD COLUMN replaced_by uuid,
  -- Requests a minute; null: as many as come.
  ADD COLUMN rate_limit int CHECK (rate_limit > 0),
  ADD FOREIGN KEY (source) REFERENCES source ON DELETE CASCADE;
UPDATE api_key SET scopes = CASE kind WHEN 'write' THEN '{ingest}'::text[] ELSE '{ingest,read}'::text[] END;
ALTER TABLE api_key
  ALTER COLUMN scopes SET NOT NULL,
  -- A write key stands in public pages: it can never do more.
  ADD CHECK (kind <> 'write' OR scopes = '{ingest}');
CREATE INDEX api_key_source ON api_key (source, id);

-- One number that every change of sources, keys and plans raises: APIs ask for it often, and for the rest only when it moved.
CREATE TABLE access_revision (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  revision bigint NOT NULL
);
INSERT INTO access_revision (revision) VALUES (1);

CREATE FUNCTION access_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE access_revision SET revision = revision + 1;
  RETURN NULL;
END $$;
CREATE TRIGGER access_changed AFTER INSERT OR UPDATE OR DELETE ON source FOR EACH STATEMENT EXECUTE FUNCTION access_changed();
-- Not for its last use, which is noted every minute.
CREATE TRIGGER access_changed AFTER INSERT OR DELETE OR UPDATE OF kind, name, source, hash, scopes, expires_at, rate_limit, revoked_at
  ON api_key FOR EACH STATEMENT EXECUTE FUNCTION access_changed();

-- Answers to requests with an Idempotency-Key. They are encrypted with what only the caller holds: an answer may be a new key.
CREATE TABLE idempotent_answer (
  caller uuid NOT NULL,
  key text COLLATE "C" NOT NULL,
  request bytea NOT NULL,
  -- Null while the first request runs.
  answer bytea CHECK (octet_length(answer) <= 1048576),
  at timestamptz NOT NULL,
  PRIMARY KEY (caller, key)
);
CREATE INDEX idempotent_answer_at ON idempotent_answer (at);
