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
