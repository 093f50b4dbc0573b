-- The demo shop as somebody wants it, and as the run that keeps it says that it is. One row; of the run, not of the data.
CREATE TABLE demo_shop (
  id boolean PRIMARY KEY DEFAULT true CHECK (id),
  wanted text CHECK (wanted IN ('open', 'closed', 'erased')),
  state text CHECK (state IN ('open', 'closed', 'erasing', 'erased', 'busy')),
  -- When the run last looked; who does not look for a while is not there.
  seen_at timestamptz
);
INSERT INTO demo_shop DEFAULT VALUES;
