-- Numbers of records that were made through the plain calls (/customer, /sale), whose callers know no other ids.
-- Who is erased leaves them too.
CREATE TABLE guide_customer (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  record text COLLATE "C" NOT NULL UNIQUE REFERENCES customer_record ON DELETE CASCADE
);
CREATE TABLE guide_sale (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  record text COLLATE "C" NOT NULL UNIQUE REFERENCES sales_order ON DELETE CASCADE,
  customer bigint NOT NULL REFERENCES guide_customer ON DELETE CASCADE,
  product text NOT NULL,
  quantity numeric NOT NULL
);
