-- Statements that meet these tables with arrays of keys are planned once for long. Statistics of a table of a few rows make it the one
-- that is walked, with the array behind each row, and it grows to a hundred thousand rows before the next statistics come. Without any,
-- the keys lead.
DO $$
DECLARE
  young text;
BEGIN
  FOREACH young IN ARRAY ARRAY['customer', 'customer_record', 'customer_seen', 'customer_list_due', 'customer_external_id', 'merge_ledger', 'message_page', 'deal_customer', 'erased_id'] LOOP
    EXECUTE format('ALTER TABLE %I SET (autovacuum_analyze_threshold = 5000, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_insert_threshold = 5000)', young);
  END LOOP;
END $$;
