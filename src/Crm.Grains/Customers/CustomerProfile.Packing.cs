namespace Crm.Customers;

/// <summary>
/// The stored form of a profile: its version, the numbers, then those parts that are not empty, each by its own form. Texts that
/// stand in several parts are stored once, times as steps from the last seen one on.
/// </summary>
internal sealed partial class CustomerProfile
{
    /// <summary>The newest; what an older build can read is stored as it did.</summary>
    private const byte StoredVersion = 3;

    /// <summary>Which parts follow. The bits are stored: never reuse or renumber one.</summary>
    [Flags]
    private enum Parts : ushort
    {
        None = 0,
        Names = 1,
        Traits = 2,
        Groups = 4,
        Cart = 8,
        Orders = 16,
        Products = 32,
        Categories = 64,
        Searches = 128,
        Reviews = 256,
        Satisfaction = 512,
        MoreIds = 2048,
        Marks = 4096,
        Consents = 1024,
        Interest = 8192,
    }

    /// <summary>What version 1 does not know.</summary>
    private const Parts SinceVersion2 = Parts.MoreIds | Parts.Marks;

    /// <summary>What version 2 does not know.</summary>
    private const Parts SinceVersion3 = Parts.Interest;

    /// <summary>Appends the stored form.</summary>
    public void Write(ProfileWriter writer)
    {
        var output = writer.Output;
        var parts = Filled();
        output.Byte((parts & SinceVersion3) != 0 ? StoredVersion : (parts & SinceVersion2) != 0 ? (byte)2 : (byte)1);
        output.Number(Version);
        output.Number(Events);
        output.Number(Faults);
        if (Events == 0) return;
        output.Number(LastSeenMs!.Value);
        writer.Begin(LastSeenMs.Value);
        writer.Time(FirstSeenMs!.Value);
        for (var type = 1; type < TypeCounts.Length; type++) output.Number(_types[type]);
        _externalIds.Write(writer);
        _sessions.Write(writer);
        _newest.Write(writer);
        output.Count((int)parts);
        _names?.Write(writer);
        _traits?.Write(writer);
        _groups?.Write(writer);
        _cart?.Write(writer);
        _orders?.Write(writer);
        _products?.Write(writer);
        _categories?.Write(writer);
        _searches?.Write(writer);
        _reviews?.Write(writer);
        _satisfaction?.Write(writer);
        if ((parts & Parts.MoreIds) != 0) _externalIds.WriteMore(writer);
        _marks?.Write(writer);
        _consents?.Write(writer);
        _interest?.Write(writer);
    }

    /// <summary>Reads every version that was ever written.</summary>
    /// <exception cref="InvalidDataException">It was written by a newer version, or is damaged.</exception>
    public static CustomerProfile Read(ref PackReader input)
    {
        var stored = input.Byte();
        if (stored is 0 or > StoredVersion)
            throw new InvalidDataException($"A stored profile has version {stored}; this build reads versions up to {StoredVersion}.");
        var (version, events, faults) = (input.Number(), input.Number(), input.Number());
        if (events == 0) return new CustomerProfile { Version = version, Faults = faults };
        var last = input.Number();
        var reader = new ProfileReader(last);
        var first = reader.Time(ref input);
        var types = default(TypeCounts);
        for (var type = 1; type < TypeCounts.Length; type++) types[type] = input.Number();
        var profile = new CustomerProfile(
            ExternalIds.Read(reader, ref input), Sessions.Read(reader, ref input), NewestEvents.Read(reader, ref input))
        {
            Version = version,
            Events = events,
            Faults = faults,
            FirstSeenMs = first,
            LastSeenMs = last,
            _types = types,
        };
        profile.ReadParts(reader, ref input);
        return profile;
    }

    private Parts Filled() =>
        (_names is null ? 0 : Parts.Names) | (_traits is null ? 0 : Parts.Traits) | (_groups is null ? 0 : Parts.Groups)
        | (_cart is null ? 0 : Parts.Cart) | (_orders is null ? 0 : Parts.Orders) | (_products is null ? 0 : Parts.Products)
        | (_categories is null ? 0 : Parts.Categories) | (_searches is null ? 0 : Parts.Searches)
        | (_reviews is null ? 0 : Parts.Reviews) | (_satisfaction is null ? 0 : Parts.Satisfaction)
        | (_externalIds.HasMore ? Parts.MoreIds : 0) | (_marks is null ? 0 : Parts.Marks) | (_consents is null ? 0 : Parts.Consents)
        | (_interest is null ? 0 : Parts.Interest);

    private void ReadParts(ProfileReader reader, ref PackReader input)
    {
        var parts = (Parts)input.Count();
        if ((parts & Parts.Names) != 0) _names = NameCounts.Read(reader, ref input);
        if ((parts & Parts.Traits) != 0) _traits = Traits.Read(TraitBounds.Person, reader, ref input);
        if ((parts & Parts.Groups) != 0) _groups = Groups.Read(reader, ref input);
        if ((parts & Parts.Cart) != 0) _cart = Cart.Read(reader, ref input);
        if ((parts & Parts.Orders) != 0) _orders = Customers.Orders.Read(reader, ref input);
        if ((parts & Parts.Products) != 0) _products = Products.Read(reader, ref input);
        if ((parts & Parts.Categories) != 0) _categories = RecentCounts.Read(MaxCategories, reader, ref input);
        if ((parts & Parts.Searches) != 0) _searches = RecentCounts.Read(MaxSearches, reader, ref input);
        if ((parts & Parts.Reviews) != 0) _reviews = Ratings.Read(ref input);
        if ((parts & Parts.Satisfaction) != 0) _satisfaction = Ratings.Read(ref input);
        if ((parts & Parts.MoreIds) != 0) _externalIds.ReadMore(reader, ref input);
        if ((parts & Parts.Marks) != 0) _marks = EventMarks.Read(ref input);
        if ((parts & Parts.Consents) != 0) _consents = Consents.Read(reader, ref input);
        if ((parts & Parts.Interest) != 0) _interest = Interest.Read(ref input);
    }
}
