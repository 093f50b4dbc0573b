-- People who work in the CRM: what they may do (role), with whom (team), and how they come in.
CREATE TABLE team (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  parent text COLLATE "C" REFERENCES team,
  record_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CHECK (parent <> id)
);

CREATE TABLE role (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  -- May administer users, settings and everything else.
  administers boolean NOT NULL DEFAULT false,
  -- {"deal": {"create": true, "read": "team", "edit": "own", "delete": "none", "export": "none", "hidden": ["amount"], "readonly": []}}
  rights jsonb NOT NULL DEFAULT '{}',
  record_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE crm_user (
  id text COLLATE "C" PRIMARY KEY,
  user_name text NOT NULL CHECK (length(user_name) BETWEEN 1 AND 100),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  email text,
  -- Null for an invited user who has not come yet.
  password text,
  role text COLLATE "C" NOT NULL REFERENCES role,
  team text COLLATE "C" REFERENCES team,
  language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'zh-CN')),
  enabled boolean NOT NULL DEFAULT true,
  -- In a row; a right one begins anew.
  wrong_tries int NOT NULL DEFAULT 0,
  locked_until timestamptz,
  signed_in_at timestamptz,
  record_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
-- Ada and ada are one name.
CREATE UNIQUE INDEX crm_user_name ON crm_user (lower(user_name));
CREATE INDEX crm_user_role ON crm_user (role);
CREATE INDEX crm_user_team ON crm_user (team);

-- Where people are signed in. Of the token, 256 random bits, only the SHA-256 is kept.
CREATE TABLE user_session (
  id uuid PRIMARY KEY,
  hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
  user_id text COLLATE "C" NOT NULL REFERENCES crm_user ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  used_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  address text,
  agent text
);
CREATE INDEX user_session_user ON user_session (user_id, created_at);
CREATE INDEX user_session_expires ON user_session (expires_at);

-- Links that work once: the first administrator's, an invitation's, one for a new password.
CREATE TABLE one_time_link (
  hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  purpose text NOT NULL CHECK (purpose IN ('setup', 'invite', 'reset')),
  -- Who it is for; an invitation's user exists before its first sign-in, a set-up link has none.
  user_id text COLLATE "C" REFERENCES crm_user ON DELETE CASCADE,
  made_by text,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  CHECK ((purpose = 'setup') = (user_id IS NULL))
);

-- One number for all that decides who may come in and do what.
CREATE TRIGGER access_changed AFTER INSERT OR UPDATE OR DELETE ON team FOR EACH STATEMENT EXECUTE FUNCTION access_changed();
CREATE TRIGGER access_changed AFTER INSERT OR UPDATE OR DELETE ON role FOR EACH STATEMENT EXECUTE FUNCTION access_changed();
CREATE TRIGGER access_changed AFTER INSERT OR DELETE OR UPDATE OF user_name, name, email, role, team, language, enabled, password ON crm_user
  FOR EACH STATEMENT EXECUTE FUNCTION access_changed();
CREATE TRIGGER access_changed AFTER DELETE ON user_session FOR EACH STATEMENT EXECUTE FUNCTION access_changed();

-- What a company begins with; all can be changed but the administrator's.
INSERT INTO role (id, name, administers, rights, created_at, updated_at)
SELECT id, name, administers, rights::jsonb, now(), now() FROM (VALUES
  ('administrator', 'Administrator', true, '{}'),
  ('manager', 'Manager', false, '{
    "customer": {"create": true, "read": "all", "edit": "below", "delete": "below", "export": "below"},
    "company": {"create": true, "read": "all", "edit": "below", "delete": "below", "export": "below"},
    "lead": {"create": true, "read": "below", "edit": "below", "delete": "below", "export": "below"},
    "deal": {"create": true, "read": "below", "edit": "below", "delete": "below", "export": "below"},
    "activity": {"create": true, "read": "below", "edit": "below", "delete": "below", "export": "below"},
    "task": {"create": true, "read": "below", "edit": "below", "delete": "below", "export": "below"},
    "product": {"create": true, "read": "all", "edit": "all", "delete": "none", "export": "all"},
    "order": {"create": true, "read": "below", "edit": "below", "delete": "none", "export": "below"}}'),
  ('sales', 'Sales', false, '{
    "customer": {"create": true, "read": "own", "edit": "own", "delete": "none", "export": "none"},
    "company": {"create": true, "read": "team", "edit": "own", "delete": "none", "export": "none"},
    "lead": {"create": true, "read": "own", "edit": "own", "delete": "none", "export": "none"},
    "deal": {"create": true, "read": "own", "edit": "own", "delete": "none", "export": "none"},
    "activity": {"create": true, "read": "own", "edit": "own", "delete": "own", "export": "none"},
    "task": {"create": true, "read": "own", "edit": "own", "delete": "own", "export": "none"},
    "product": {"create": false, "read": "all", "edit": "none", "delete": "none", "export": "none"},
    "order": {"create": true, "read": "own", "edit": "own", "delete": "none", "export": "none"}}'),
  ('service', 'Service', false, '{
    "customer": {"create": true, "read": "all", "edit": "all", "delete": "none", "export": "none"},
    "company": {"create": false, "read": "all", "edit": "none", "delete": "none", "export": "none"},
    "activity": {"create": true, "read": "all", "edit": "own", "delete": "own", "export": "none"},
    "task": {"create": true, "read": "team", "edit": "own", "delete": "own", "export": "none"},
    "product": {"create": false, "read": "all", "edit": "none", "delete": "none", "export": "none"},
    "order": {"create": false, "read": "all", "edit": "none", "delete": "none", "export": "none"}}'),
  ('reader', 'Reader', false, '{
    "customer": {"read": "all"}, "company": {"read": "all"}, "lead": {"read": "all"}, "deal": {"read": "all"}, "activity": {"read": "all"},
    "task": {"read": "all"}, "product": {"read": "all"}, "order": {"read": "all"}}')
) AS r(id, name, administers, rights);
