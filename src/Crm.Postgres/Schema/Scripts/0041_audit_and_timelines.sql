-- The company's settings are a document of Orleans' storage: what it says of its last change becomes a line of the audit, in the write that stores it.
CREATE FUNCTION settings_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  change json := convert_from(NEW.payload, 'UTF8')::json -> 'lastChange';
BEGIN
  IF json_typeof(change) = 'object' THEN
    INSERT INTO audit (at, by_whom, address, kind, record, action, changes)
    VALUES ((change ->> 'at')::timestamptz, change ->> 'by', change ->> 'address', 'settings', NEW.grain_type, 'edit', (change ->> 'changes')::jsonb);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER settings_changed AFTER INSERT OR UPDATE ON orleans_storage FOR EACH ROW
  WHEN (NEW.grain_type = 'company' AND NEW.payload IS NOT NULL) EXECUTE FUNCTION settings_changed();

-- All steps of a deal: the deal itself keeps its newest hundred, which every write of it carries.
CREATE TABLE deal_step (
  deal text COLLATE "C" NOT NULL REFERENCES deal ON DELETE CASCADE,
  -- From 1, in order.
  number int NOT NULL,
  at timestamptz NOT NULL,
  stage text COLLATE "C" NOT NULL,
  -- What the stage was called then.
  name text,
  by_whom text,
  PRIMARY KEY (deal, number)
);

CREATE FUNCTION deal_steps() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  known bigint := 0;
BEGIN
  -- What stands behind the step that was the last one.
  IF TG_OP = 'UPDATE' THEN
    SELECT coalesce(max(n), 0) INTO known FROM jsonb_array_elements(NEW.state -> 'stageHistory') WITH ORDINALITY AS s (step, n)
    WHERE step = OLD.state -> 'stageHistory' -> -1;
  END IF;
  INSERT INTO deal_step (deal, number, at, stage, name, by_whom)
  SELECT NEW.id, (SELECT coalesce(max(number), 0) FROM deal_step WHERE deal = NEW.id) + row_number() OVER (ORDER BY n),
    json_time(step ->> 'at'), step ->> 'stage', step ->> 'name', step ->> 'by'
  FROM jsonb_array_elements(NEW.state -> 'stageHistory') WITH ORDINALITY AS s (step, n) WHERE n > known;
  RETURN NULL;
END $$;
CREATE TRIGGER deal_steps_made AFTER INSERT ON deal FOR EACH ROW WHEN (jsonb_typeof(NEW.state -> 'stageHistory') = 'array') EXECUTE FUNCTION deal_steps();
CREATE TRIGGER deal_steps_changed AFTER UPDATE OF state ON deal FOR EACH ROW
  WHEN (NEW.state -> 'stageHistory' IS DISTINCT FROM OLD.state -> 'stageHistory' AND jsonb_typeof(NEW.state -> 'stageHistory') = 'array')
  EXECUTE FUNCTION deal_steps();

-- Of deals that are there: what they keep, and before that what the audit says.
INSERT INTO deal_step (deal, number, at, stage, name, by_whom)
SELECT deal, row_number() OVER (PARTITION BY deal ORDER BY at, n), at, stage, name, by_whom FROM (
  SELECT d.id AS deal, s.n, json_time(s.step ->> 'at') AS at, s.step ->> 'stage' AS stage, s.step ->> 'name' AS name, s.step ->> 'by' AS by_whom
  FROM deal d CROSS JOIN LATERAL jsonb_array_elements(
    CASE jsonb_typeof(d.state -> 'stageHistory') WHEN 'array' THEN d.state -> 'stageHistory' END) WITH ORDINALITY AS s (step, n)
  UNION ALL
  SELECT d.id, 0, a.at, a.changes -> 'stage' ->> 1, coalesce(s.name, a.changes -> 'stage' ->> 1), a.by_whom
  FROM deal d JOIN audit a ON a.kind = 'deal' AND a.record = d.id AND a.changes -> 'stage' ->> 1 IS NOT NULL
    LEFT JOIN stage s ON s.id = a.changes -> 'stage' ->> 1
  WHERE CASE jsonb_typeof(d.state -> 'stageHistory') WHEN 'array' THEN jsonb_array_length(d.state -> 'stageHistory') >= 100 END
    AND a.at < json_time(d.state -> 'stageHistory' -> 0 ->> 'at')) AS steps;
