-- Fields that a company makes itself. Their values stand in each record under state -> 'custom', by the field's name, so a name is free again only
-- when no record holds a value of it.
CREATE TABLE custom_field (
  number bigint GENERATED ALWAYS AS IDENTITY,
  id text COLLATE "C" PRIMARY KEY,
  kind text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
  type text NOT NULL CHECK (type IN ('text', 'number', 'money', 'date', 'choice', 'choices', 'user', 'link')),
  label text NOT NULL CHECK (length(label) BETWEEN 1 AND 100),
  required boolean NOT NULL DEFAULT false,
  choices text[] NOT NULL DEFAULT '{}',
  linked_kind text COLLATE "C",
  deleted_at timestamptz,
  -- When its index was there.
  indexed_at timestamptz,
  record_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (kind, name),
  CHECK ((type = 'link') = (linked_kind IS NOT NULL)),
  CHECK ((type IN ('choice', 'choices')) = (cardinality(choices) > 0))
);

-- One number for all of them: silos and APIs keep them in memory and ask for it.
CREATE TABLE custom_field_revision (one boolean PRIMARY KEY DEFAULT true CHECK (one), revision bigint NOT NULL);
INSERT INTO custom_field_revision (revision) VALUES (1);
CREATE FUNCTION custom_fields_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE custom_field_revision SET revision = revision + 1;
  RETURN NULL;
END
$$;
CREATE TRIGGER custom_fields_changed AFTER INSERT OR DELETE OR UPDATE OF label, required, choices, deleted_at ON custom_field
  FOR EACH STATEMENT EXECUTE FUNCTION custom_fields_changed();
