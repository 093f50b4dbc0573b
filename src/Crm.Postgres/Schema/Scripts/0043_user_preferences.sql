-- How somebody wants the pages to be: small documents of a user's own, by name. They say nothing of customers.
CREATE TABLE user_preference (
  user_id text COLLATE "C" NOT NULL REFERENCES crm_user ON DELETE CASCADE,
  name text COLLATE "C" NOT NULL,
  value json NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, name)
);
