using System.Buffers;
using System.Collections.Concurrent;

namespace Crm.Clickstream;

/// <summary>The events of one caller that go to one partition, as they stand in the request's buffer.</summary>
internal readonly record struct AppendPart(int Partition, int Start, int Length, int Count);

/// <summary>One caller's events, packed and grouped by partition in the caller's own time, waiting for their commit.</summary>
internal sealed class AppendRequest
{
    private readonly TaskCompletionSource<LogPosition> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ArrayBufferWriter<byte>? _buffer;

    private AppendRequest(ArrayBufferWriter<byte> buffer, AppendPart[] parts, int events)
    {
        _buffer = buffer;
        Parts = parts;
        Events = events;
        Bytes = buffer.WrittenCount;
    }

    public AppendPart[] Parts { get; }

    public int Events { get; }

    public int Bytes { get; }

    public Task<LogPosition> Answer => _answer.Task;

    public ReadOnlySpan<byte> Packed(in AppendPart part) => _buffer!.WrittenSpan.Slice(part.Start, part.Length);

    public void Succeed(LogPosition position)
    {
        Release();
        _answer.TrySetResult(position);
    }

    public void Fail(Exception reason)
    {
        Release();
        _answer.TrySetException(reason);
    }

    /// <summary>Gives the buffer back; the packed bytes are gone afterwards.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer) PackBuffers.Return(buffer);
    }

    /// <summary>Packs events, grouped by partition; within a partition they keep their order.</summary>
    public static AppendRequest Pack(IReadOnlyList<BehaviourEvent> events, int partitions)
    {
        var lists = ArrayPool<int>.Shared.Rent(events.Count);
        Span<int> starts = stackalloc int[partitions + 1];
        starts.Clear();
        for (var i = 0; i < events.Count; i++)
        {
            lists[i] = Partitioning.Of(events[i].Lane, partitions);
            starts[lists[i] + 1]++;
        }

        var used = 0;
        for (var p = 0; p < partitions; p++)
        {
            if (starts[p + 1] > 0) used++;
            starts[p + 1] += starts[p];
        }

        var order = ArrayPool<int>.Shared.Rent(events.Count);
        Span<int> next = stackalloc int[partitions];
        starts[..partitions].CopyTo(next);
        for (var i = 0; i < events.Count; i++) order[next[lists[i]]++] = i;
        var buffer = PackBuffers.Rent();
        var parts = new AppendPart[used];
        for (int p = 0, at = 0; p < partitions; p++)
        {
            var count = starts[p + 1] - starts[p];
            if (count == 0) continue;
            var begin = buffer.WrittenCount;
            foreach (var i in order.AsSpan(starts[p], count)) PackBuffers.Write(buffer, events[i]);
            parts[at++] = new AppendPart(p, begin, buffer.WrittenCount - begin, count);
        }

        ArrayPool<int>.Shared.Return(lists);
        ArrayPool<int>.Shared.Return(order);
        return new AppendRequest(buffer, parts, events.Count);
    }
}

/// <summary>Buffers for packing, kept for reuse.</summary>
internal static class PackBuffers
{
    // At most 256 buffers of at most 256 KB are kept: what a busy API has in flight. Larger ones are left to the collector.
    private const int KeptBuffers = 256;
    private const int KeptBytes = 256 * 1024;
    private static readonly ConcurrentQueue<ArrayBufferWriter<byte>> Kept = new();

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _scratch;

    public static ArrayBufferWriter<byte> Rent() => Kept.TryDequeue(out var buffer) ? buffer : new ArrayBufferWriter<byte>(4_096);

    public static void Return(ArrayBufferWriter<byte> buffer)
    {
        if (buffer.Capacity > KeptBytes || Kept.Count >= KeptBuffers) return;
        buffer.ResetWrittenCount();
        Kept.Enqueue(buffer);
    }

    /// <summary>Appends one event as a block holds it.</summary>
    public static void Write(ArrayBufferWriter<byte> buffer, BehaviourEvent happened)
    {
        var scratch = _scratch ??= new ArrayBufferWriter<byte>(1_024);
        PackedEvent.Write(scratch, happened);
        LogBlock.WriteEvent(buffer, scratch.WrittenSpan);
        if (scratch.Capacity > KeptBytes) _scratch = null;
        else scratch.ResetWrittenCount();
    }
}
