-- A row of up to a page stays in one piece: moved out of its row, a value costs a second table, its index, and a look-up by
-- each reader. Blocks of a busy log are a few KB, and a customer's state changes as a whole with every write.
ALTER TABLE event_block SET (toast_tuple_target = 8160);
ALTER TABLE customer SET (toast_tuple_target = 8160);
