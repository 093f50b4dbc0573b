using System.Text;
using Crm.Clickstream;

namespace Crm.Customers;

/// <summary>
/// Quantities by product id, packed: a busy customer has two thousand products, and a profile is read far more often than it is
/// looked into. Walk it with <see cref="GetEnumerator"/>; the order means nothing.
/// </summary>
/// <param name="Packed">Products one after the other: the id in UTF-8 behind its length, then the four counts; numbers as varints.</param>
[GenerateSerializer, Immutable, Alias("crm.products-view")]
public sealed record ProductsView([property: Id(0)] byte[] Packed)
{
    /// <summary>Pieces looked at. Made anew by each call, like the others.</summary>
    public Dictionary<string, long> Viewed => Pick(static p => p.Viewed);

    /// <summary>Pieces put into carts.</summary>
    public Dictionary<string, long> Added => Pick(static p => p.Added);

    /// <summary>Pieces taken out of carts.</summary>
    public Dictionary<string, long> Removed => Pick(static p => p.Removed);

    /// <summary>Pieces bought.</summary>
    public Dictionary<string, long> Purchased => Pick(static p => p.Purchased);

    /// <summary>Walks the products.</summary>
    public Enumerator GetEnumerator() => new(Packed);

    /// <summary>Appends one product to a packed list.</summary>
    /// <param name="packed">The list; it grows as needed.</param>
    /// <param name="length">Its length in bytes, moved behind the product.</param>
    /// <param name="id">The product's id.</param>
    /// <param name="counts">Viewed, added, removed, purchased; none is negative.</param>
    public static void Append(ref byte[] packed, ref int length, string id, params ReadOnlySpan<int> counts)
    {
        ArgumentNullException.ThrowIfNull(packed);
        ArgumentNullException.ThrowIfNull(id);
        var bytes = Encoding.UTF8.GetByteCount(id);
        var most = length + bytes + (Varint.MaxBytes * (counts.Length + 1));
        if (packed.Length < most) Array.Resize(ref packed, Math.Max(most, packed.Length * 2));
        Varint.Write(packed, ref length, (uint)bytes);
        length += Encoding.UTF8.GetBytes(id, packed.AsSpan(length));
        foreach (var count in counts) Varint.Write(packed, ref length, (uint)count);
    }

    private delegate long Count(ProductCounts product);

    private Dictionary<string, long> Pick(Count count)
    {
        var picked = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var product in this)
            if (count(product) is > 0 and var some) picked.Add(Encoding.UTF8.GetString(product.Id), some);
        return picked;
    }

    /// <summary>Walks a packed list in place.</summary>
    public ref struct Enumerator(ReadOnlySpan<byte> packed)
    {
        private readonly ReadOnlySpan<byte> _packed = packed;
        private int _at;

        /// <summary>The product it stands at.</summary>
        public ProductCounts Current { get; private set; }

        /// <summary>Goes on; false behind the last.</summary>
        public bool MoveNext()
        {
            if (_at >= _packed.Length) return false;
            var length = (int)Varint.Read(_packed, ref _at);
            var id = _packed.Slice(_at, length);
            _at += length;
            Current = new ProductCounts(id, Next(), Next(), Next(), Next());
            return true;
        }

        private int Next() => (int)Varint.Read(_packed, ref _at);
    }
}

/// <summary>What was done with one product.</summary>
public readonly ref struct ProductCounts(ReadOnlySpan<byte> id, int viewed, int added, int removed, int purchased)
{
    /// <summary>Its id, in UTF-8.</summary>
    public ReadOnlySpan<byte> Id { get; } = id;

    /// <summary>Pieces looked at.</summary>
    public int Viewed { get; } = viewed;

    /// <summary>Pieces put into carts.</summary>
    public int Added { get; } = added;

    /// <summary>Pieces taken out of carts.</summary>
    public int Removed { get; } = removed;

    /// <summary>Pieces bought.</summary>
    public int Purchased { get; } = purchased;
}
