using System.Buffers;
using System.Buffers.Binary;
using Npgsql;

namespace Crm.Clickstream;

/// <summary>
/// Copies events into the history in PostgreSQL's binary COPY form, straight from their packed form: no text is decoded,
/// since both are UTF-8.
/// </summary>
internal sealed class HistoryCopy : IAsyncDisposable
{
    private const string CopySql =
        "COPY history (partition, seq, lane, occurred_at, received_at, type, name, message_id, source, body, visitor, faults) FROM STDIN (FORMAT BINARY)";

    private const short Columns = 12;
    private const int FlushBytes = 64 * 1024;

    // Years 1 to 9999: what both PostgreSQL and .NET can hold. Times in events lie inside; a damaged one must not stop the history.
    private static readonly long EarliestMs = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long LatestMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
    private static readonly long PostgresEpochMs = new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private readonly NpgsqlRawCopyStream _stream;
    private readonly ArrayBufferWriter<byte> _buffer = PackBuffers.Rent();
    private bool _completed;

    private HistoryCopy(NpgsqlRawCopyStream stream)
    {
        _stream = stream;
        _buffer.Write("PGCOPY\n"u8);
        _buffer.Write<byte>([0xff, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    /// <summary>Begins a copy in the connection's transaction.</summary>
    public static async Task<HistoryCopy> Begin(NpgsqlConnection connection, CancellationToken stop) =>
        new(await connection.BeginRawBinaryCopyAsync(CopySql, stop));

    /// <summary>Adds one event; false when it cannot be read, and nothing was added.</summary>
    public bool Add(short partition, long seq, ReadOnlySpan<byte> packed)
    {
        if (!PackedEnvelope.TryRead(packed, out var envelope)) return false;
        Short(Columns);
        Length(2);
        Short(partition);
        Long(seq);
        Text(envelope.Lane);
        Time(envelope.TimestampMs);
        Time(envelope.ReceivedAtMs);
        Length(2);
        Short((short)envelope.Type);
        if (envelope.HasName) Text(envelope.Name);
        else Length(-1);
        Text(envelope.MessageId);
        Text(envelope.Source);
        Length(envelope.Body.Length);
        _buffer.Write(envelope.Body);
        if (envelope.HasVisitor) Text(envelope.AnonymousId);
        else Length(-1);
        Length(2);
        Short((short)envelope.Flags);
        return true;
    }

    /// <summary>Sends what has gathered when it is enough.</summary>
    public ValueTask Flush(CancellationToken stop) => _buffer.WrittenCount < FlushBytes ? default : Send(stop);

    /// <summary>Ends the copy; the rows are in the transaction.</summary>
    public async Task Complete(CancellationToken stop)
    {
        Short(-1);
        await Send(stop);
        await _stream.DisposeAsync();
        _completed = true;
    }

    /// <summary>Without <see cref="Complete"/> before, gives the copy up.</summary>
    public async ValueTask DisposeAsync()
    {
        PackBuffers.Return(_buffer);
        if (_completed) return;
        await _stream.CancelAsync();
        await _stream.DisposeAsync();
    }

    private async ValueTask Send(CancellationToken stop)
    {
        await _stream.WriteAsync(_buffer.WrittenMemory, stop);
        _buffer.ResetWrittenCount();
    }

    private void Short(short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(_buffer.GetSpan(2), value);
        _buffer.Advance(2);
    }

    private void Length(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.GetSpan(4), value);
        _buffer.Advance(4);
    }

    private void Long(long value)
    {
        Length(8);
        BinaryPrimitives.WriteInt64BigEndian(_buffer.GetSpan(8), value);
        _buffer.Advance(8);
    }

    private void Time(long unixMs) => Long((Math.Clamp(unixMs, EarliestMs, LatestMs) - PostgresEpochMs) * 1_000);

    // PostgreSQL's texts cannot hold U+0000; U+FFFD stands for it.
    private void Text(ReadOnlySpan<byte> utf8)
    {
        var zeros = utf8.Count((byte)0);
        Length(utf8.Length + 2 * zeros);
        for (; zeros > 0; zeros--)
        {
            var at = utf8.IndexOf((byte)0);
            _buffer.Write(utf8[..at]);
            _buffer.Write("\uFFFD"u8);
            utf8 = utf8[(at + 1)..];
        }

        _buffer.Write(utf8);
    }
}
