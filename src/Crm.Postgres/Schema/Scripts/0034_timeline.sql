-- A timeline reads each of its sources newest first, by an index that ends at the page. The links' indexes are in that order now.
DROP INDEX activity_customer;
DROP INDEX activity_company;
DROP INDEX activity_deal;
CREATE INDEX activity_customer ON activity (customer, at, id) WHERE customer IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX activity_company ON activity (company, at, id) WHERE company IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX activity_deal ON activity (deal, at, id) WHERE deal IS NOT NULL AND deleted_at IS NULL;

DROP INDEX task_customer;
DROP INDEX task_company;
DROP INDEX task_deal;
CREATE INDEX task_customer ON task (customer, created_at, id) WHERE customer IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX task_company ON task (company, created_at, id) WHERE company IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX task_deal ON task (deal, created_at, id) WHERE deal IS NOT NULL AND deleted_at IS NULL;

DROP INDEX sales_order_customer;
DROP INDEX sales_order_company;
DROP INDEX sales_order_deal;
CREATE INDEX sales_order_customer ON sales_order (customer, (coalesce(placed_at, created_at)), id) WHERE customer IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX sales_order_company ON sales_order (company, (coalesce(placed_at, created_at)), id) WHERE company IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX sales_order_deal ON sales_order (deal, (coalesce(placed_at, created_at)), id) WHERE deal IS NOT NULL AND deleted_at IS NULL;

CREATE INDEX lead_company_id ON lead (company_id) WHERE company_id IS NOT NULL;
CREATE INDEX lead_deal ON lead (deal) WHERE deal IS NOT NULL;
CREATE INDEX audit_owner ON audit (kind, record, at, id) WHERE changes -> 'owner' IS NOT NULL;
