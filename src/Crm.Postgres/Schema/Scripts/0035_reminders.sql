-- A task's row says for which time its reminder has fired: it fires once for each time, and what is due is found by an index of those alone.
ALTER TABLE task ADD COLUMN reminded_at timestamptz;

-- What was due long before reminders fired at all is not told of now, all at once.
UPDATE task SET reminded_at = remind_at WHERE remind_at < now() - interval '1 day';
CREATE INDEX task_remind ON task (remind_at)
  WHERE remind_at IS NOT NULL AND remind_at IS DISTINCT FROM reminded_at AND status = 'open' AND deleted_at IS NULL;

-- What a user is told. It names a record and says nothing of it: what is shown is read of the record, by whoever may see that then.
CREATE TABLE notification (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL REFERENCES crm_user ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('task.reminder', 'task.assigned')),
  record_kind text NOT NULL,
  record_id text COLLATE "C" NOT NULL,
  -- The time that it tells of: the reminder's, the assignment's.
  at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  read_at timestamptz
);
-- The same is told once, whoever tells it again.
CREATE UNIQUE INDEX notification_once ON notification (record_id, kind, at, user_id);
CREATE INDEX notification_newest ON notification (user_id, id);
CREATE INDEX notification_unread ON notification (user_id, id) WHERE read_at IS NULL;
CREATE INDEX notification_old ON notification (created_at);
