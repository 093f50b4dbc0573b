using Npgsql;

namespace Crm;

/// <summary>Opens the product's database for a short-lived program.</summary>
public static class Database
{
    // A command does one thing at a time, a few side by side.
    private const int MostConnections = 4;

    /// <summary>What is wrong with the connection string that CRM_POSTGRES holds, in words; null when it can be read.</summary>
    public static string? Problem(string connectionString)
    {
        try
        {
            _ = new NpgsqlConnectionStringBuilder(connectionString);
            return null;
        }
        catch (ArgumentException unreadable)
        {
            return $"CRM_POSTGRES is no connection string such as \"Host=127.0.0.1;Database=crm;Username=crm\": {unreadable.Message}";
        }
    }

    /// <summary>A small pool of connections.</summary>
    /// <param name="connectionString">An Npgsql connection string.</param>
    public static NpgsqlDataSource Open(string connectionString) =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = MostConnections });
}
