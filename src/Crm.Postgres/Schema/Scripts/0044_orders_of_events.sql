-- Events of orders that the history has and their orders have not: written with the history, deleted when the order is written. A lane's
-- events lie in one partition; of those before this script none waits.
CREATE TABLE order_due (
  partition smallint NOT NULL,
  seq bigint NOT NULL,
  lane text COLLATE "C" NOT NULL,
  packed bytea NOT NULL,
  PRIMARY KEY (partition, seq)
);
CREATE INDEX order_due_lane ON order_due (lane);
