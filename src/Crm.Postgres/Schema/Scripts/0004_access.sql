-- Keys of clients. Only the SHA-256 of a key is kept: a key is 256 random bits, so that a plain hash cannot be guessed back.
create table api_key (
  id           uuid        primary key,
  kind         text        not null check (kind in ('write', 'server')),
  name         text        not null,
  source       text        not null,
  hash         bytea       not null unique check (octet_length(hash) = 32),
  prefix       text        not null,
  created_at   timestamptz not null,
  revoked_at   timestamptz,
  last_used_at timestamptz
);

-- What clients sent and could not be accepted, with the reason. A bounded sample: the newest rows stay, older ones go.
-- The sample is bytes: it may be neither JSON nor UTF-8.
create table dead_letter_inbound (
  id          bigint      generated always as identity primary key,
  received_at timestamptz not null,
  source      text        not null,
  reason      text        not null,
  sample      bytea       not null check (octet_length(sample) <= 32768)
);
