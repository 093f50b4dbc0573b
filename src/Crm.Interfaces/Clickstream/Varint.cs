namespace Crm.Clickstream;

/// <summary>Unsigned LEB128, as in the stored forms of events, blocks and customers.</summary>
public static class Varint
{
    /// <summary>Longest form of a 32-bit number, in bytes.</summary>
    public const int MaxBytes = 5;

    /// <summary>Writes a number and moves the cursor behind it.</summary>
    public static void Write(Span<byte> span, ref int at, uint value)
    {
        while (value >= 0x80)
        {
            span[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[at++] = (byte)value;
    }

    /// <summary>Reads a number and moves the cursor behind it.</summary>
    /// <exception cref="InvalidDataException">More than 32 bits.</exception>
    public static uint Read(ReadOnlySpan<byte> span, scoped ref int at)
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var part = span[at++];
            value |= (uint)(part & 0x7f) << shift;
            if (part < 0x80) return value;
        }

        throw new InvalidDataException("A varint is longer than 32 bits.");
    }
}
