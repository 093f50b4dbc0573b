-- Fields that are shown of one record alone, such as the HTML of a mail: what lists read of a record does not hold them.
ALTER TABLE activity ADD COLUMN apart jsonb;
