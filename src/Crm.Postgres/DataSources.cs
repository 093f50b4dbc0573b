using Npgsql;

namespace Crm;

/// <summary>
/// The pools of connections, one per kind of work, so that no kind can starve another. All are opened on first use.
/// Their caps add up to 27 for a silo and 15 for an API: well under PostgreSQL's default of 100 for two of each.
/// </summary>
internal sealed class DataSources(string connectionString) : IAsyncDisposable
{
    /// <summary>Appends to the log. A hung server must surface within seconds, and a commit means that it is on disk.</summary>
    public NpgsqlDataSource LogWriting { get; } = Build(connectionString, "crm log writing", 3, 5_000, c => c.KeepAlive = 1, durable: true);

    /// <summary>Reads of the log: the tail's listener and poller, and the gaps that partitions read themselves.</summary>
    public NpgsqlDataSource LogReading { get; } = Build(connectionString, "crm log reading", 6, 10_000, c => c.KeepAlive = 2);

    /// <summary>Customers' rows and the merge ledger.</summary>
    public NpgsqlDataSource Records { get; } = Build(connectionString, "crm records", 6, 15_000, durable: true);

    /// <summary>Checkpoints, side queues (and the history's part of their end) and due rows.</summary>
    public NpgsqlDataSource Partitions { get; } = Build(connectionString, "crm partitions", 4, 15_000, durable: true);

    /// <summary>
    /// The history's projection. Its commits need not wait for the disk: rows and checkpoint are one transaction, and one
    /// that a crash takes back is projected again.
    /// </summary>
    public NpgsqlDataSource History { get; } = Build(connectionString, "crm history", 2, 60_000, durable: false);

    /// <summary>Lists, look-ups and history pages for people and programs.</summary>
    public NpgsqlDataSource Reading { get; } = Build(connectionString, "crm reading", 8, 15_000, byKey: false);

    /// <summary>Erasures of people: rare work that may take its time.</summary>
    public NpgsqlDataSource Erasing { get; } = Build(connectionString, "crm erasing", 2, 60_000, durable: true);

    public async ValueTask DisposeAsync()
    {
        foreach (var source in (NpgsqlDataSource[])[LogWriting, LogReading, Records, Partitions, History, Reading, Erasing])
            await source.DisposeAsync();
    }

    private static NpgsqlDataSource Build(
        string connectionString, string name, int connections, int statementTimeoutMs,
        Action<NpgsqlConnectionStringBuilder>? more = null, bool? durable = null, bool byKey = true)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = name,
            MaxPoolSize = connections,
            MinPoolSize = 0,
            // Seconds. The server gives up first; this one is for a server that does not answer at all.
            CommandTimeout = statementTimeoutMs / 1_000 + 1,
            // No session state is ever changed outside a transaction.
            NoResetOnClose = true,
            MaxAutoPrepare = 40,
            AutoPrepareMinUsages = 2,
        };
        var options = $"-c statement_timeout={statementTimeoutMs} -c plan_cache_mode=force_generic_plan";
        // Every statement of the hot path looks rows up by key. A plan made while the tables were young would scan them whole,
        // and would be kept while they grow.
        if (byKey) options += " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off";
        if (durable is { } wait) options += $" -c synchronous_commit={(wait ? "on" : "off")}";
        settings.Options = string.IsNullOrEmpty(settings.Options) ? options : settings.Options + " " + options;
        more?.Invoke(settings);
        return NpgsqlDataSource.Create(settings);
    }
}
