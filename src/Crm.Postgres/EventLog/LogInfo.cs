using System.Data.Common;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Clickstream;

/// <summary>What was fixed at the log's birth; gives it its birth on the first question. Asks the server once.</summary>
internal sealed class LogInfo(DataSources sources, EventLogOptions options) : ILogInfo
{
    private volatile int _partitions;

    /// <summary>Blocks on the very first question only; hosts ask at their start (see <see cref="Load"/>).</summary>
    public int Partitions
    {
        get
        {
            if (_partitions == 0)
            {
                using var command = Open(sources.LogReading.CreateCommand(), options.Partitions);
                using var row = command.ExecuteReader();
                row.Read();
                _partitions = row.GetInt16(1);
            }

            return _partitions;
        }
    }

    /// <summary>The same without blocking.</summary>
    /// <exception cref="DbException">The server cannot be asked now.</exception>
    public async ValueTask<int> Load(CancellationToken stop)
    {
        if (_partitions == 0)
        {
            await using var command = sources.LogReading.CreateCommand();
            (_, _partitions) = await Ask(command, options.Partitions, stop);
        }

        return _partitions;
    }

    /// <summary>Who the log is, asked on the given command's connection, and how many partitions it has.</summary>
    public static async Task<(string Identity, int Partitions)> Ask(NpgsqlCommand command, int wantedPartitions, CancellationToken stop)
    {
        await using var row = await Open(command, wantedPartitions).ExecuteReaderAsync(stop);
        await row.ReadAsync(stop);
        return (row.GetString(0), row.GetInt16(1));
    }

    private static NpgsqlCommand Open(NpgsqlCommand command, int wantedPartitions)
    {
        command.CommandText = "SELECT identity, partitions FROM open_log($1)";
        command.Parameters.Add(new NpgsqlParameter { Value = (short)wantedPartitions, NpgsqlDbType = NpgsqlDbType.Smallint });
        return command;
    }
}
