-- Hashes of the messages that customers counted within a day and that their rows do not hold any more. A page is written with the
-- row that lets it go and never changes, so autovacuum has only to care for what goes with age.
CREATE TABLE message_page (
  owner text COLLATE "C" NOT NULL,
  page int NOT NULL,
  newest_ms bigint NOT NULL,
  hashes bytea NOT NULL,
  PRIMARY KEY (owner, page)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.5);
ALTER TABLE message_page ALTER COLUMN hashes SET STORAGE EXTERNAL;
CREATE INDEX message_page_newest ON message_page (newest_ms);
