-- What Orleans' ADO.NET providers (clustering, reminders, grain storage) expect of a database.
--
-- They read their statements by name from OrleansQuery, bind parameters by name and read result columns by name,
-- whatever case the names are in. Everything behind those names is our own. Each statement is a single one, so that it
-- is atomic without a transaction around it.

create table orleansquery (
  querykey text primary key,
  querytext text not null
);

-- Membership: one version a cluster, raised by every change of its members. A change names the version it saw.

create table orleans_membership_version (
  cluster_id text primary key,
  changed_at timestamptz not null default now(),
  version integer not null default 0
);

create table orleans_membership (
  cluster_id text not null references orleans_membership_version on delete cascade,
  address text not null,
  port integer not null,
  generation integer not null,
  silo_name text not null,
  host_name text not null,
  status integer not null,
  proxy_port integer not null,
  suspect_times text,
  start_time timestamptz not null,
  alive_at timestamptz not null,
  primary key (cluster_id, address, port, generation)
);

create table orleans_reminder (
  service_id text not null,
  grain_id text not null,
  reminder_name text not null,
  start_time timestamptz not null,
  period_ms bigint not null,
  grain_hash integer not null,
  version integer not null,
  primary key (service_id, grain_id, reminder_name)
);

create index orleans_reminder_by_hash on orleans_reminder (service_id, grain_hash);

-- Documents of grains. The whole key is the primary key, so the hashes that the provider also sends are not needed.
-- The payload of a cleared document is null; its version goes on.

create table orleans_storage (
  service_id text not null,
  grain_type text not null,
  key_n0 bigint not null,
  key_n1 bigint not null,
  key_text text not null,
  payload bytea,
  version integer not null,
  modified_at timestamptz not null default now(),
  primary key (service_id, grain_type, key_n0, key_n1, key_text)
);

insert into orleansquery (querykey, querytext) values

('InsertMembershipVersionKey', $$
  with born as (
    insert into orleans_membership_version (cluster_id) values (@DeploymentId)
    on conflict do nothing
    returning 1
  )
  select exists (select from born)
$$),

('MembershipReadAllKey', $$
  select
    m.address, m.port, m.generation, m.silo_name as siloname, m.host_name as hostname, m.status,
    m.proxy_port as proxyport, m.suspect_times as suspecttimes, m.start_time as starttime,
    m.alive_at as iamalivetime, v.version
  from orleans_membership_version v
  left join orleans_membership m on m.cluster_id = v.cluster_id
  where v.cluster_id = @DeploymentId
$$),

('MembershipReadRowKey', $$
  select
    m.address, m.port, m.generation, m.silo_name as siloname, m.host_name as hostname, m.status,
    m.proxy_port as proxyport, m.suspect_times as suspecttimes, m.start_time as starttime,
    m.alive_at as iamalivetime, v.version
  from orleans_membership_version v
  left join orleans_membership m
    on m.cluster_id = v.cluster_id
    and m.address = @Address and m.port = @Port and m.generation = @Generation
  where v.cluster_id = @DeploymentId
$$),

('GatewaysQueryKey', $$
  select address, proxy_port as proxyport, generation
  from orleans_membership
  where cluster_id = @DeploymentId and status = @Status and proxy_port > 0
$$),

-- Of two writers that saw the same version, the second waits for the first's row lock, then finds another version.
('InsertMembershipKey', $$
  with raised as (
    update orleans_membership_version
    set version = version + 1, changed_at = now()
    where cluster_id = @DeploymentId and version = @Version
      and not exists (
        select from orleans_membership
        where cluster_id = @DeploymentId
          and address = @Address and port = @Port and generation = @Generation)
    returning 1
  ), added as (
    insert into orleans_membership (
      cluster_id, address, port, generation, silo_name, host_name, status, proxy_port, start_time, alive_at)
    select
      @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
    from raised
    returning 1
  )
  select exists (select from added)
$$),

('UpdateMembershipKey', $$
  with raised as (
    update orleans_membership_version
    set version = version + 1, changed_at = now()
    where cluster_id = @DeploymentId and version = @Version
      and exists (
        select from orleans_membership
        where cluster_id = @DeploymentId
          and address = @Address and port = @Port and generation = @Generation)
    returning 1
  ), changed as (
    update orleans_membership m
    set status = @Status, suspect_times = @SuspectTimes, alive_at = greatest(m.alive_at, @IAmAliveTime)
    from raised
    where m.cluster_id = @DeploymentId
      and m.address = @Address and m.port = @Port and m.generation = @Generation
    returning 1
  )
  select exists (select from changed)
$$),

-- A heartbeat is no change of membership: it leaves the version alone.
('UpdateIAmAlivetimeKey', $$
  update orleans_membership
  set alive_at = @IAmAliveTime
  where cluster_id = @DeploymentId and address = @Address and port = @Port and generation = @Generation
$$),

('DeleteMembershipTableEntriesKey', $$
  delete from orleans_membership_version where cluster_id = @DeploymentId
$$),

-- Status 6 is dead. Newer providers name the one row they mean, as they saw it; older ones a time.
('CleanupDefunctSiloEntriesKey', $$
  delete from orleans_membership
  where cluster_id = @DeploymentId and status = 6 and alive_at < @IAmAliveTime and start_time < @IAmAliveTime
$$),

('CleanupDefunctSiloEntryKey', $$
  delete from orleans_membership
  where cluster_id = @DeploymentId and status = 6
    and address = @Address and port = @Port and generation = @Generation
    and alive_at = @IAmAliveTime and start_time = @StartTime
    and coalesce(suspect_times, '') = coalesce(@SuspectTimes, '')
$$),

('ReadReminderRowsKey', $$
  select
    grain_id as grainid, reminder_name as remindername, start_time as starttime, period_ms as period, version
  from orleans_reminder
  where service_id = @ServiceId and grain_id = @GrainId
$$),

('ReadReminderRowKey', $$
  select
    grain_id as grainid, reminder_name as remindername, start_time as starttime, period_ms as period, version
  from orleans_reminder
  where service_id = @ServiceId and grain_id = @GrainId and reminder_name = @ReminderName
$$),

-- A silo's part of the ring: (begin, end], which may run over the end of the numbers.
('ReadRangeRows1Key', $$
  select
    grain_id as grainid, reminder_name as remindername, start_time as starttime, period_ms as period, version
  from orleans_reminder
  where service_id = @ServiceId and grain_hash > @BeginHash and grain_hash <= @EndHash
$$),

('ReadRangeRows2Key', $$
  select
    grain_id as grainid, reminder_name as remindername, start_time as starttime, period_ms as period, version
  from orleans_reminder
  where service_id = @ServiceId and (grain_hash > @BeginHash or grain_hash <= @EndHash)
$$),

('UpsertReminderRowKey', $$
  insert into orleans_reminder as r (
    service_id, grain_id, reminder_name, start_time, period_ms, grain_hash, version)
  values (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash, 0)
  on conflict (service_id, grain_id, reminder_name) do update
  set start_time = excluded.start_time, period_ms = excluded.period_ms, grain_hash = excluded.grain_hash,
      version = r.version + 1
  returning version
$$),

('DeleteReminderRowKey', $$
  with gone as (
    delete from orleans_reminder
    where service_id = @ServiceId and grain_id = @GrainId and reminder_name = @ReminderName and version = @Version
    returning 1
  )
  select exists (select from gone)
$$),

('DeleteReminderRowsKey', $$
  delete from orleans_reminder where service_id = @ServiceId
$$),

('ReadFromStorageKey', $$
  select payload as payloadbinary, version
  from orleans_storage
  where service_id = @ServiceId and grain_type = @GrainTypeString
    and key_n0 = @GrainIdN0 and key_n1 = @GrainIdN1 and key_text = coalesce(@GrainIdExtensionString, '')
$$),

-- No row in the answer is a version conflict, for a first write too.
('WriteToStorageKey', $$
  with changed as (
    update orleans_storage
    set payload = @PayloadBinary, version = version + 1, modified_at = now()
    where service_id = @ServiceId and grain_type = @GrainTypeString
      and key_n0 = @GrainIdN0 and key_n1 = @GrainIdN1 and key_text = coalesce(@GrainIdExtensionString, '')
      and version = @GrainStateVersion
    returning version
  ), added as (
    insert into orleans_storage (service_id, grain_type, key_n0, key_n1, key_text, payload, version)
    select
      @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''), @PayloadBinary, 1
    where @GrainStateVersion is null
    on conflict do nothing
    returning version
  )
  select version as newgrainstateversion from changed
  union all
  select version from added
$$),

('ClearStorageKey', $$
  update orleans_storage
  set payload = null, version = version + 1, modified_at = now()
  where service_id = @ServiceId and grain_type = @GrainTypeString
    and key_n0 = @GrainIdN0 and key_n1 = @GrainIdN1 and key_text = coalesce(@GrainIdExtensionString, '')
    and version = @GrainStateVersion
  returning version
$$),

('DeleteStorageKey', $$
  delete from orleans_storage
  where service_id = @ServiceId and grain_type = @GrainTypeString
    and key_n0 = @GrainIdN0 and key_n1 = @GrainIdN1 and key_text = coalesce(@GrainIdExtensionString, '')
    and version = @GrainStateVersion
  returning version + 1
$$);
