-- Files that belong to records. Their bytes are not compressed: pictures and documents are, and parts of them can be read alone.
CREATE TABLE attachment (
  id text COLLATE "C" PRIMARY KEY,
  kind text NOT NULL,
  record text COLLATE "C" NOT NULL,
  name text NOT NULL,
  media_type text NOT NULL,
  size int NOT NULL CHECK (size > 0),
  sha256 bytea NOT NULL,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  content bytea NOT NULL
);
ALTER TABLE attachment ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX attachment_same ON attachment (kind, record, name, sha256);
CREATE INDEX attachment_size ON attachment (size);
