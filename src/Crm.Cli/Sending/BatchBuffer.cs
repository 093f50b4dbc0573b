using System.Buffers;

namespace Crm.Sending;

/// <summary>One batch under construction: <c>{"batch":[...]}</c>, at most 100 events and 450 KB.</summary>
internal sealed class BatchBuffer
{
    /// <summary>Small enough that a retry is cheap and a slow request holds up few.</summary>
    public const int MaxEvents = 100;

    /// <summary>Below the protocol's 500 KB with room for what proxies and counting differently may add.</summary>
    public const int MaxBytes = 450_000;

    private readonly ArrayBufferWriter<byte> _buffer = new(64 * 1024);

    public int Count { get; private set; }

    /// <summary>Adds an element unless it does not fit any more.</summary>
    public bool TryAdd(ReadOnlySpan<byte> element)
    {
        if (Count == MaxEvents || (Count > 0 && _buffer.WrittenCount + element.Length + 3 > MaxBytes)) return false;
        _buffer.Write(Count == 0 ? "{\"batch\":["u8 : ","u8);
        _buffer.Write(element);
        Count++;
        return true;
    }

    /// <summary>Ends the batch; <see cref="Clear"/> begins the next.</summary>
    public ReadOnlyMemory<byte> Complete()
    {
        _buffer.Write("]}"u8);
        return _buffer.WrittenMemory;
    }

    public void Clear()
    {
        _buffer.ResetWrittenCount();
        Count = 0;
    }
}
