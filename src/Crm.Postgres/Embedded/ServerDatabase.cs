using Npgsql;

namespace Crm.Embedded;

/// <summary>The product's database and role inside its own server.</summary>
internal static class ServerDatabase
{
    private const string Name = "crm";

    // What initdb makes; the product itself works as the owner of its database and no more.
    private const string Administrator = "postgres";

    public static string ConnectionString(string socketFolder) =>
        new NpgsqlConnectionStringBuilder { Host = socketFolder, Username = Name, Database = Name }.ConnectionString;

    /// <summary>Makes role and database where they are missing.</summary>
    public static async Task Ensure(string socketFolder, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsAdministrator(socketFolder, cancellationToken);
        await using (var exists = new NpgsqlCommand("select 1 from pg_database where datname = $1", connection) { Parameters = { new() { Value = Name } } })
        {
            if (await exists.ExecuteScalarAsync(cancellationToken) is not null)
            {
                return;
            }
        }

        await using (var role = new NpgsqlCommand(
            """
            do $$
            begin
              if not exists (select from pg_roles where rolname = 'crm') then
                create role crm login;
                grant pg_monitor to crm;
              end if;
              -- A quarter of the processor time of the default compression; not every build has it.
              if exists (select from pg_settings where name = 'wal_compression' and 'lz4' = any (enumvals)) then
                alter role crm set wal_compression = 'lz4';
              end if;
            end $$
            """, connection))
        {
            await role.ExecuteNonQueryAsync(cancellationToken);
        }

        // Last: a database that exists is complete.
        await using var create = new NpgsqlCommand("create database crm owner crm", connection);
        await create.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>True when the server takes connections.</summary>
    public static async Task<bool> Answers(string socketFolder, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await OpenAsAdministrator(socketFolder, cancellationToken);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    public static async Task Checkpoint(string socketFolder, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsAdministrator(socketFolder, cancellationToken);
        await using var checkpoint = new NpgsqlCommand("checkpoint", connection);
        await checkpoint.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<NpgsqlConnection> OpenAsAdministrator(string socketFolder, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = socketFolder,
            Username = Administrator,
            Database = Administrator,
            Pooling = false,
            CommandTimeout = 0,
        };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
