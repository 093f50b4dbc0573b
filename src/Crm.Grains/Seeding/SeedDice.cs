using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Crm.Seeding;

/// <summary>Chance that a record's number decides: each record has its own, whatever was made before it.</summary>
internal struct SeedDice
{
    // As the ids that the API makes.
    private const string Signs = "0123456789abcdefghijklmnopqrstuv";
    private const int IdLength = 20;

    private ulong _state;

    public SeedDice(int seed, string kind, int number) => _state = Hash(seed, kind, number);

    /// <summary>A whole number from 0 to below a bound.</summary>
    public int Below(int bound) => (int)(Next() % (ulong)bound);

    /// <summary>True so many times of a hundred.</summary>
    public bool Percent(int share) => Below(100) < share;

    /// <summary>One of some.</summary>
    public T Of<T>(IReadOnlyList<T> all) => all[Below(all.Count)];

    /// <summary>A cause that is no other's.</summary>
    public Guid Cause()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Next());
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], Next());
        return new Guid(bytes);
    }

    /// <summary>The id of a kind's record: always the same.</summary>
    public static string Id(string prefix, int seed, string kind, int number)
    {
        var dice = new SeedDice(seed, kind + "/id", number);
        Span<char> signs = stackalloc char[IdLength];
        foreach (ref var sign in signs) sign = Signs[dice.Below(Signs.Length)];
        return string.Concat(prefix, signs);
    }

    // SplitMix64.
    private ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private static ulong Hash(int seed, string kind, int number)
    {
        Span<byte> bytes = stackalloc byte[8 + 64];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, seed);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], number);
        return XxHash64.HashToUInt64(bytes[..(8 + Encoding.UTF8.GetBytes(kind, bytes[8..]))]);
    }
}
