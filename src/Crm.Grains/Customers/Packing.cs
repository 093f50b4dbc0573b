using System.Buffers.Binary;
using System.Text;
using Crm.Clickstream;

namespace Crm.Customers;

/// <summary>Writes the stored form of a customer: varints, zigzag numbers, UTF-8 texts, exact decimals.</summary>
internal sealed class PackWriter
{
    /// <summary>A larger buffer is not kept for the next customer: few are so busy.</summary>
    private const int MaxKeptBytes = 64 * 1024;

    private byte[] _output = new byte[1_024];
    private int _length;

    public byte[] ToArray() => _output.AsSpan(0, _length).ToArray();

    /// <summary>Begins anew, in the same memory.</summary>
    public void Clear()
    {
        _length = 0;
        if (_output.Length > MaxKeptBytes) _output = new byte[1_024];
    }

    public void Byte(byte value) => Room(1)[_length++] = value;

    /// <summary>A count or another number of at most 32 bits, not negative.</summary>
    public void Count(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        Varint.Write(Room(Varint.MaxBytes), ref _length, (uint)value);
    }

    /// <summary>Any 64-bit number, small ones in few bytes.</summary>
    public void Number(long value)
    {
        var zigzag = (ulong)((value << 1) ^ (value >> 63));
        var output = Room(10);
        while (zigzag >= 0x80)
        {
            output[_length++] = (byte)(zigzag | 0x80);
            zigzag >>= 7;
        }

        output[_length++] = (byte)zigzag;
    }

    /// <summary>A 64-bit pattern, such as a hash.</summary>
    public void Fixed64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Room(8).AsSpan(_length), value);
        _length += 8;
    }

    /// <summary>A text, or null.</summary>
    public void Text(string? text)
    {
        if (text is null)
        {
            Count(0);
            return;
        }

        var length = Encoding.UTF8.GetByteCount(text);
        Count(length + 1);
        _length += Encoding.UTF8.GetBytes(text, Room(length).AsSpan(_length));
    }

    /// <summary>An exact decimal, with its scale: its scale and sign in a byte, then its 96 bits without leading zeros.</summary>
    public void Decimal(decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        var scale = (byte)((bits[3] >> 16) & 0x7f);
        Byte((byte)(scale | (bits[3] < 0 ? 0x80 : 0)));
        Number((long)(((ulong)(uint)bits[1] << 32) | (uint)bits[0]));
        Number((uint)bits[2]);
    }

    /// <summary>The output, with room for so many bytes more.</summary>
    private byte[] Room(int bytes)
    {
        if (_length + bytes > _output.Length) Array.Resize(ref _output, Math.Max(_output.Length * 2, _length + bytes));
        return _output;
    }
}

/// <summary>Reads what <see cref="PackWriter"/> wrote.</summary>
internal ref struct PackReader(ReadOnlySpan<byte> packed)
{
    private readonly ReadOnlySpan<byte> _packed = packed;
    private int _at;

    public readonly bool AtEnd => _at >= _packed.Length;

    public byte Byte() => _packed[_at++];

    public int Count() => (int)Varint.Read(_packed, ref _at);

    public long Number()
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = _packed[_at++];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80) break;
        }

        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public ulong Fixed64()
    {
        _at += 8;
        return BinaryPrimitives.ReadUInt64LittleEndian(_packed[(_at - 8)..]);
    }

    public string? Text()
    {
        var length = Count() - 1;
        if (length < 0) return null;
        _at += length;
        return Encoding.UTF8.GetString(_packed.Slice(_at - length, length));
    }

    public string RequiredText() => Text() ?? throw new InvalidDataException("A text is missing in a stored customer.");

    public decimal Decimal()
    {
        var head = Byte();
        var low = (ulong)Number();
        var high = (int)(uint)Number();
        return new decimal((int)(uint)low, (int)(uint)(low >> 32), high, (head & 0x80) != 0, (byte)(head & 0x7f));
    }
}
