-- Accounts end, and stay as the names of what their people did. The user name is free again.
ALTER TABLE crm_user ADD COLUMN ended_at timestamptz;
ALTER TABLE crm_user ADD CONSTRAINT crm_user_ended CHECK (ended_at IS NULL OR NOT enabled);
DROP INDEX crm_user_name;
CREATE UNIQUE INDEX crm_user_name ON crm_user (lower(user_name)) WHERE ended_at IS NULL;

-- Somebody who can sign in always administers, whoever takes it from whom: API, command line, two at the same moment.
CREATE FUNCTION somebody_administers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'crm_user' THEN
    IF NOT (SELECT administers FROM role WHERE id = OLD.role) THEN
      RETURN NULL;
    END IF;
  END IF;
  -- The second of two waits here, and then sees what the first did.
  PERFORM pg_advisory_xact_lock(hashtext('somebody_administers'));
  IF NOT EXISTS (SELECT FROM crm_user u JOIN role r ON r.id = u.role WHERE r.administers AND u.enabled AND u.password IS NOT NULL) THEN
    RAISE EXCEPTION 'Nobody else could administer.' USING ERRCODE = 'CR001';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER somebody_administers AFTER UPDATE OF enabled, role ON crm_user FOR EACH ROW
  WHEN (OLD.enabled AND OLD.password IS NOT NULL AND (NOT NEW.enabled OR NEW.role <> OLD.role)) EXECUTE FUNCTION somebody_administers();
CREATE TRIGGER somebody_administers AFTER UPDATE OF administers ON role FOR EACH ROW
  WHEN (OLD.administers AND NOT NEW.administers) EXECUTE FUNCTION somebody_administers();
