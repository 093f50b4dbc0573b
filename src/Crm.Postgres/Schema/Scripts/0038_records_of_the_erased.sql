-- Whose records are to forget a person who is erased: also those in the trash are found by an index.
CREATE INDEX activity_customer_trash ON activity (customer, id) WHERE customer IS NOT NULL AND deleted_at IS NOT NULL;
CREATE INDEX task_customer_trash ON task (customer, id) WHERE customer IS NOT NULL AND deleted_at IS NOT NULL;
CREATE INDEX sales_order_customer_trash ON sales_order (customer, id) WHERE customer IS NOT NULL AND deleted_at IS NOT NULL;
