using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Crm.Bench;

/// <summary>
/// One HTTP request under construction, in one reused buffer: the header stands right before the body. Not shared between
/// threads. After <see cref="Fill"/> it stays as it is until it is filled again, so the same bytes can be sent again.
/// </summary>
internal sealed class EventBatch
{
    private const int HeaderRoom = 512;
    private const int EnvelopeRoom = 128;

    private readonly byte[] _buffer;
    private readonly byte[] _head;
    private readonly bool _single;
    private readonly byte[] _time = new byte[24];
    private int _start;
    private int _end;

    /// <param name="path">Such as <c>/v1/batch</c>; any other path holds one event without an envelope.</param>
    public EventBatch(string path, string writeKey, int capacity, int largestEvent)
    {
        _single = path != "/v1/batch";
        _buffer = new byte[HeaderRoom + EnvelopeRoom + capacity * (largestEvent + 1)];
        Customers = new int[capacity];
        var auth = Convert.ToBase64String(Encoding.ASCII.GetBytes(writeKey + ":"));
        _head = Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Basic {auth}\r\nContent-Length: ");
    }

    /// <summary>The customers of the events inside, in order; valid up to <see cref="Count"/>.</summary>
    public int[] Customers { get; }

    /// <summary>How many events are inside.</summary>
    public int Count { get; private set; }

    /// <summary>The whole request.</summary>
    public ReadOnlyMemory<byte> Request => _buffer.AsMemory(_start, _end - _start);

    /// <summary>The body alone.</summary>
    public ReadOnlyMemory<byte> Body => _buffer.AsMemory(HeaderRoom, _end - HeaderRoom);

    /// <summary>Makes one event for each of the given customers. <paramref name="numbers"/> make the messageIds.</summary>
    public void Fill(ShopEvents events, ReadOnlySpan<int> customers, ReadOnlySpan<long> numbers, DateTimeOffset now, ref SplitMix random)
    {
        now.UtcDateTime.TryFormat(_time, out _, "yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        var at = HeaderRoom;
        if (!_single) Put("{\"batch\":["u8, ref at);
        for (var i = 0; i < customers.Length; i++)
        {
            if (i > 0) _buffer[at++] = (byte)',';
            var bits = random.Next();
            var template = events.Pick(customers[i], (byte)bits);
            template.Bytes.CopyTo(_buffer, at);
            Patch(template, at, customers[i], numbers[i], bits >> 8);
            at += template.Bytes.Length;
            Customers[i] = customers[i];
        }

        if (!_single)
        {
            Put("],\"sentAt\":\""u8, ref at);
            Put(_time, ref at);
            Put("\"}"u8, ref at);
        }

        Count = customers.Length;
        _end = at;
        PutHeader();
    }

    private void Patch(EventTemplate template, int start, int customer, long number, ulong bits)
    {
        // The lower of two draws: some products are seen much more often than others.
        var product = (int)Math.Min((bits & 0xFFFF) * ShopEvents.Products >> 16, ((bits >> 16) & 0xFFFF) * ShopEvents.Products >> 16);
        foreach (var (place, slot) in template.Places)
        {
            var target = _buffer.AsSpan(start + place);
            switch (slot)
            {
                case Slot.Number: Utf8Formatter.TryFormat((ulong)number, target, out _, new('x', 16)); break;
                case Slot.Customer: Digits(target[..7], customer); break;
                case Slot.Time: _time.CopyTo(target); break;
                case Slot.Product: Digits(target[..4], product); break;
                case Slot.Price: Digits(target[..2], 10 + product % 90); break;
                case Slot.Total: Digits(target[..3], 100 + (int)(bits >> 32) % 900); break;
            }
        }
    }

    private static void Digits(Span<byte> target, int value)
    {
        for (var i = target.Length - 1; i >= 0; i--)
        {
            target[i] = (byte)('0' + value % 10);
            value /= 10;
        }
    }

    private void PutHeader()
    {
        Span<byte> length = stackalloc byte[16];
        Utf8Formatter.TryFormat(_end - HeaderRoom, length, out var digits);
        _start = HeaderRoom - _head.Length - digits - 4;
        var at = _start;
        Put(_head, ref at);
        Put(length[..digits], ref at);
        Put("\r\n\r\n"u8, ref at);
    }

    private void Put(ReadOnlySpan<byte> bytes, ref int at)
    {
        bytes.CopyTo(_buffer.AsSpan(at));
        at += bytes.Length;
    }
}
