namespace Crm.Customers;

/// <summary>What was done with each product: pieces looked at, put into carts, taken out, bought.</summary>
internal sealed class Products
{
    /// <summary>Products of one customer: more than people look at in years. Above it the one touched longest ago goes.</summary>
    public const int MaxProducts = 2_048;

    private Keyed<Counts> _products = new();

    public void Viewed(string id, long atMs) => Touch(id, atMs, new Counts { Viewed = 1 });

    public void Added(string id, int pieces, long atMs) => Touch(id, atMs, new Counts { Added = pieces });

    public void Removed(string id, int pieces, long atMs) => Touch(id, atMs, new Counts { Removed = pieces });

    /// <summary>Of orders that are not kept one by one (see <see cref="Orders.MaxLines"/>).</summary>
    public void Purchased(string id, int pieces, long atMs) => Touch(id, atMs, new Counts { Purchased = pieces });

    public void Absorb(Products other)
    {
        for (var at = 0; at < other._products.Count; at++)
            Touch(other._products.Key(at), other._products[at].LastMs, other._products[at]);
    }

    public ProductsView View(IEnumerable<OrderLine> openLines)
    {
        // What open orders add to products that are here stands beside them; the few others are kept apart.
        var more = new int[_products.Count];
        var others = new Keyed<int>();
        foreach (var line in openLines)
        {
            ref var pieces = ref _products.Find(line.ProductId) is >= 0 and var known ? ref more[known] : ref others.Get(line.ProductId, out _);
            pieces = Add(pieces, line.Quantity);
        }

        var packed = new byte[(_products.Count + others.Count) * 16];
        var length = 0;
        for (var at = 0; at < _products.Count; at++)
        {
            ref var counts = ref _products[at];
            var purchased = Add(counts.Purchased, more[at]);
            ProductsView.Append(ref packed, ref length, _products.Key(at), counts.Viewed, counts.Added, counts.Removed, purchased);
        }

        for (var at = 0; at < others.Count; at++) ProductsView.Append(ref packed, ref length, others.Key(at), 0, 0, 0, others[at]);
        return new ProductsView(packed[..length]);
    }

    public void Write(ProfileWriter output)
    {
        output.Count(_products.Count);
        for (var at = 0; at < _products.Count; at++)
        {
            ref var counts = ref _products[at];
            output.Shared(_products.Key(at));
            output.Time(counts.LastMs);
            output.Output.Byte((byte)(
                (counts.Viewed > 0 ? 1 : 0) | (counts.Added > 0 ? 2 : 0) | (counts.Removed > 0 ? 4 : 0) | (counts.Purchased > 0 ? 8 : 0)));
            if (counts.Viewed > 0) output.Count(counts.Viewed);
            if (counts.Added > 0) output.Count(counts.Added);
            if (counts.Removed > 0) output.Count(counts.Removed);
            if (counts.Purchased > 0) output.Count(counts.Purchased);
        }
    }

    public static Products Read(ProfileReader reader, ref PackReader input)
    {
        var count = input.Count();
        var products = new Products { _products = new Keyed<Counts>(count) };
        for (; count > 0; count--)
        {
            var id = reader.RequiredShared(ref input);
            var last = reader.Time(ref input);
            var parts = input.Byte();
            products._products.Get(id, out _) = new Counts
            {
                LastMs = last,
                Viewed = (parts & 1) != 0 ? input.Count() : 0,
                Added = (parts & 2) != 0 ? input.Count() : 0,
                Removed = (parts & 4) != 0 ? input.Count() : 0,
                Purchased = (parts & 8) != 0 ? input.Count() : 0,
            };
        }

        return products;
    }

    private void Touch(string id, long atMs, in Counts more)
    {
        ref var counts = ref _products.Get(id, out var added);
        counts.LastMs = added ? atMs : Math.Max(counts.LastMs, atMs);
        counts.Viewed = Add(counts.Viewed, more.Viewed);
        counts.Added = Add(counts.Added, more.Added);
        counts.Removed = Add(counts.Removed, more.Removed);
        counts.Purchased = Add(counts.Purchased, more.Purchased);
        if (_products.Count > MaxProducts) _products.RemoveAt(Oldest());
    }

    private int Oldest()
    {
        var oldest = 0;
        for (var at = 1; at < _products.Count; at++)
        {
            var order = _products[at].LastMs.CompareTo(_products[oldest].LastMs);
            if (order < 0 || (order == 0 && string.CompareOrdinal(_products.Key(at), _products.Key(oldest)) < 0)) oldest = at;
        }

        return oldest;
    }

    /// <summary>Counts stop at the largest 32-bit number.</summary>
    private static int Add(int left, int right) => (int)Math.Min(int.MaxValue, (long)left + right);

    private struct Counts
    {
        public long LastMs;
        public int Viewed;
        public int Added;
        public int Removed;
        public int Purchased;
    }
}
