-- Tokens by which programs act as a user. Of the token, 256 random bits, only the SHA-256 is kept.
CREATE TABLE user_token (
  id uuid PRIMARY KEY,
  hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
  user_id text COLLATE "C" NOT NULL REFERENCES crm_user ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  -- What of the user's rights it has; each scope holds those before it.
  scope text NOT NULL CHECK (scope IN ('read', 'write', 'admin')),
  -- Its first signs, by which it is told apart.
  shown text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
  -- Noted at most once a minute.
  used_at timestamptz
);
CREATE INDEX user_token_user ON user_token (user_id, created_at);
CREATE TRIGGER access_changed AFTER DELETE ON user_token FOR EACH STATEMENT EXECUTE FUNCTION access_changed();

-- They end with the account and with its password, whoever changes those.
CREATE FUNCTION user_tokens_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM user_token WHERE user_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER user_tokens_end AFTER UPDATE OF enabled, password ON crm_user FOR EACH ROW
  WHEN (NOT NEW.enabled OR NEW.password IS DISTINCT FROM OLD.password) EXECUTE FUNCTION user_tokens_end();
