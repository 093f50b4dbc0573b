using System.Globalization;

namespace Crm.Embedded;

/// <summary>
/// The settings of the product's own server, written as <c>crm.conf</c> at each start. They are included first, so what
/// a person puts into <c>postgresql.conf</c> or sets by ALTER SYSTEM wins.
/// </summary>
internal static class ServerSettings
{
    private const string FileName = "crm.conf";
    private const long Megabyte = 1L << 20;
    private const long Gigabyte = 1L << 30;

    /// <summary>Puts the include before everything else; once, when the cluster is made.</summary>
    public static void Include(string cluster)
    {
        var main = Path.Combine(cluster, "postgresql.conf");
        File.WriteAllText(main, $"include '{FileName}'\n\n" + string.Concat(File.ReadLines(main).Where(line => !SetByInitdb(line)).Select(line => line + "\n")));
    }

    /// <summary>Writes the settings for this machine.</summary>
    public static void Write(string cluster, bool durable)
    {
        // Of the machine or of the container, whichever is less.
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var free = new DriveInfo(cluster).AvailableFreeSpace;
        File.WriteAllText(Path.Combine(cluster, FileName), Text(memory, free, durable));
    }

    internal static string Text(long memoryBytes, long freeDiskBytes, bool durable) => string.Create(CultureInfo.InvariantCulture, $"""
        # Written at each start. To change a setting, put it into postgresql.conf below the include, or use ALTER SYSTEM.

        # Silos and APIs share the machine: a small share of its memory, the rest is theirs and the file cache.
        shared_buffers = {Math.Clamp(memoryBytes / 24, 128 * Megabyte, Gigabyte) / Megabyte}MB
        effective_cache_size = {Math.Max(memoryBytes / 3, 512 * Megabyte) / Megabyte}MB
        work_mem = 16MB
        maintenance_work_mem = 128MB
        max_connections = 200

        # A commit is on the disk before it is answered.
        fsync = {(durable ? "on" : "off")}
        synchronous_commit = {(durable ? "on" : "off")}
        full_page_writes = {(durable ? "on" : "off")}
        wal_level = replica

        # Few, long checkpoints: each makes the pages that follow be written whole.
        checkpoint_timeout = 15min
        checkpoint_completion_target = 0.9
        max_wal_size = {Math.Clamp(freeDiskBytes / 10, 512 * Megabyte, 4 * Gigabyte) / Megabyte}MB
        min_wal_size = 256MB
        wal_compression = on
        wal_buffers = 32MB

        # Customer rows are written again and again: dead rows are to go as fast as they come.
        autovacuum_naptime = 15s
        autovacuum_vacuum_cost_limit = 2000
        autovacuum_vacuum_cost_delay = 2ms

        # Short, indexed statements: neither compiling nor sharing them out pays.
        jit = off
        max_parallel_workers_per_gather = 0
        random_page_cost = 1.1

        # DETAIL lines quote rows, and rows are people's data.
        log_error_verbosity = terse
        log_line_prefix = '%m [%p] '
        log_timezone = 'UTC'
        timezone = 'UTC'

        """);

    // initdb writes its own guesses of what is set here; left in, they would win over the include.
    private static bool SetByInitdb(string line) =>
        line.StartsWith("shared_buffers", StringComparison.Ordinal)
        || line.StartsWith("max_connections", StringComparison.Ordinal)
        || line.StartsWith("max_wal_size", StringComparison.Ordinal)
        || line.StartsWith("min_wal_size", StringComparison.Ordinal)
        || line.StartsWith("log_timezone", StringComparison.Ordinal)
        || line.StartsWith("timezone", StringComparison.Ordinal);
}
