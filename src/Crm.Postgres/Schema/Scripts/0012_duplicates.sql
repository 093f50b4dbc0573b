-- Ids that several customers have: people made here are linked by what servers tell, all others are shown to people.

-- What is still to be looked up, in the order of its time.
CREATE INDEX customer_external_id_check ON customer_external_id (check_after) WHERE check_after IS NOT NULL;

-- Phones are compared by their digits from now on.
WITH old AS (
  DELETE FROM customer_external_id WHERE kind = 'phone' AND value ~ '[^0-9+]' RETURNING value, customer_id
)
INSERT INTO customer_external_id (kind, value, customer_id)
SELECT DISTINCT 'phone', regexp_replace(value, '[^0-9+]', '', 'g'), customer_id FROM old
WHERE value ~ '[0-9]' ON CONFLICT DO NOTHING;

-- Two customers with an equal id, as they were when it was found; whether they still are two is looked up when it is shown.
CREATE TABLE duplicate_candidate (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  one text COLLATE "C" NOT NULL,
  other text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (one, other, kind, value),
  CHECK (one < other)
);
CREATE INDEX duplicate_candidate_other ON duplicate_candidate (other);

-- Ids that were known before are looked at once.
UPDATE customer_external_id SET check_after = now()
WHERE (kind, value) IN (SELECT kind, value FROM customer_external_id GROUP BY kind, value HAVING count(*) > 1);
