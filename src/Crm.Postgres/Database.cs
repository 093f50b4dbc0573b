using Npgsql;

namespace Crm;

/// <summary>Opens the product's database for a short-lived program.</summary>
public static class Database
{
    // A command does one thing at a time, a few side by side.
    private const int MostConnections = 4;

    /// <summary>A small pool of connections.</summary>
    /// <param name="connectionString">An Npgsql connection string.</param>
    public static NpgsqlDataSource Open(string connectionString) =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = MostConnections });
}
