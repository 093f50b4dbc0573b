using Npgsql;
using NpgsqlTypes;

namespace Crm.Clickstream;

/// <summary>Requests that are committed together: one block per partition. Reused from commit to commit.</summary>
internal sealed class CommitBatch(int partitions)
{
    private readonly List<AppendRequest> _requests = [];
    private readonly int[] _counts = new int[partitions];
    private readonly int[] _lengths = new int[partitions];
    private readonly long[] _next = new long[partitions];

    public IReadOnlyList<AppendRequest> Requests => _requests;

    public int Events { get; private set; }

    public int Bytes { get; private set; }

    public void Add(AppendRequest request)
    {
        _requests.Add(request);
        Events += request.Events;
        Bytes += request.Bytes;
    }

    public void Clear()
    {
        _requests.Clear();
        Events = 0;
        Bytes = 0;
    }

    /// <summary>Sets the three parameters of the append function: partitions ascending, their counts and payloads.</summary>
    public void Fill(NpgsqlCommand append)
    {
        Array.Clear(_counts);
        Array.Clear(_lengths);
        foreach (var request in _requests)
        {
            foreach (var part in request.Parts)
            {
                _counts[part.Partition] += part.Count;
                _lengths[part.Partition] += part.Length;
            }
        }

        var used = _counts.Count(c => c > 0);
        var (numbers, counts, payloads) = (new short[used], new int[used], new byte[used][]);
        var slots = new byte[partitions][];
        for (int p = 0, at = 0; p < partitions; p++)
        {
            if (_counts[p] == 0) continue;
            (numbers[at], counts[at]) = ((short)p, _counts[p]);
            payloads[at++] = slots[p] = GC.AllocateUninitializedArray<byte>(_lengths[p]);
            _lengths[p] = 0;
        }

        foreach (var request in _requests)
        {
            foreach (var part in request.Parts)
            {
                request.Packed(part).CopyTo(slots[part.Partition].AsSpan(_lengths[part.Partition]));
                _lengths[part.Partition] += part.Length;
            }
        }

        append.Parameters[0].Value = numbers;
        append.Parameters[1].Value = counts;
        append.Parameters[2].Value = payloads;
    }

    /// <summary>Takes note of the number that a partition's block begins with.</summary>
    public void Began(int partition, long firstSeq) => _next[partition] = firstSeq;

    /// <summary>Tells every request the numbers of its last events, in the order in which they were put into the blocks.</summary>
    public void Succeed(string logId)
    {
        foreach (var request in _requests)
        {
            var seqs = new PartitionSeq[request.Parts.Length];
            for (var i = 0; i < seqs.Length; i++)
            {
                var part = request.Parts[i];
                _next[part.Partition] += part.Count;
                seqs[i] = new PartitionSeq(part.Partition, _next[part.Partition] - 1);
            }

            request.Succeed(new LogPosition(logId, seqs));
        }
    }

    public static NpgsqlCommand Command(NpgsqlConnection connection) =>
        new("SELECT partition, first_seq FROM append_blocks($1, $2, $3)", connection)
        {
            Parameters =
            {
                new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint },
                new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer },
                new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
            },
        };
}
