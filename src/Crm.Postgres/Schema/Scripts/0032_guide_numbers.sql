-- Numbers of records that were made through the plain calls (/customer, /sale), whose callers know no other ids.
CREATE TABLE guide_customer (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  record text COLLATE "C" NOT NULL UNIQUE
);
CREATE TABLE guide_sale (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  record text COLLATE "C" NOT NULL UNIQUE,
  customer bigint NOT NULL REFERENCES guide_customer,
  product text NOT NULL,
  quantity numeric NOT NULL
);
