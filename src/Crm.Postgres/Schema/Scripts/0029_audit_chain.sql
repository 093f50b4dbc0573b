-- The audit's lines are chained afterwards, one worker at a time, so that a line that is altered, removed or moved is noticed. What a line says is
-- hashed apart, with a salt: an erasure can take it away and leave the chain whole.
ALTER TABLE audit ALTER COLUMN salt DROP NOT NULL;

-- Numbers of transactions that go on beside each other become visible out of order: a line is chained when no older transaction is open any more,
-- and its place is written down.
ALTER TABLE audit ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id(), ADD COLUMN chain_seq bigint;
CREATE UNIQUE INDEX audit_chain ON audit (chain_seq) WHERE chain_seq IS NOT NULL;
CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX audit_by ON audit (by_whom, at, id);
CREATE INDEX audit_blank ON audit (id) WHERE changes IS NULL AND salt IS NULL;

-- Where the chain ends, signed with the installation's secret. There is none before the first line is chained.
CREATE TABLE audit_head (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  seq bigint NOT NULL,
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  signature bytea NOT NULL CHECK (octet_length(signature) = 32),
  at timestamptz NOT NULL
);

-- Append-only. A line's place in the chain is written once; what it says can be taken away by an erasure, which says so, and only where the hash stays.
CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'The audit is append-only: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (NEW.id, NEW.at, NEW.by_whom, NEW.address, NEW.kind, NEW.record, NEW.action, NEW.xid)
      IS DISTINCT FROM (OLD.id, OLD.at, OLD.by_whom, OLD.address, OLD.kind, OLD.record, OLD.action, OLD.xid)
    OR (OLD.changes_hash IS NOT NULL AND NEW.changes_hash IS DISTINCT FROM OLD.changes_hash)
    OR (OLD.chain_seq IS NOT NULL AND (NEW.chain_seq, NEW.chained) IS DISTINCT FROM (OLD.chain_seq, OLD.chained))
    OR ((NEW.chain_seq IS NULL) <> (NEW.chained IS NULL))
    OR ((NEW.changes, NEW.salt) IS DISTINCT FROM (OLD.changes, OLD.salt) AND NOT (
      NEW.changes IS NULL AND NEW.salt IS NULL AND NEW.changes_hash IS NOT NULL AND coalesce(current_setting('crm.audit_blanking', true), '') = 'on'))
  THEN
    RAISE EXCEPTION 'The audit is append-only: this change of line % is refused.', OLD.id USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
