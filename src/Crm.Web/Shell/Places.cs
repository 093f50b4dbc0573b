using Crm.Access;
using Crm.Calls;
using MudBlazor;

namespace Crm.Shell;

/// <summary>Where one can go: the navigation, the palette and the shortcuts show the same.</summary>
/// <param name="Key">Its text is <c>place.KEY</c>.</param>
/// <param name="Path">Its address.</param>
/// <param name="Icon">Its picture.</param>
/// <param name="Keys">What is typed to go there.</param>
/// <param name="Kind">The kind of record that it shows; null for none.</param>
public sealed record Place(string Key, string Path, string Icon, string Keys, string? Kind = null)
{
    /// <summary>Whether it shows anything to whoever looks.</summary>
    public bool IsFor(Me me) => Kind is null || me.Sees(Kind);

    /// <summary>An address beside its own that belongs to it; null for none.</summary>
    public string? Also { get; init; }

    /// <summary>How its list is when one comes there: a filter and a sort, as in an address; null for all.</summary>
    public string? Query { get; init; }

    /// <summary>Where one goes.</summary>
    public string Entrance => Query is null ? Path : $"{Path}?{Query}";

    /// <summary>Whether an address is within it.</summary>
    public bool Holds(string path) => path == Path || path == Also || path.StartsWith(Path + "/", StringComparison.Ordinal);
}

/// <summary>All places.</summary>
public static class Places
{
    public static IReadOnlyList<Place> All { get; } =
    [
        new("home", "/home", Icons.Material.Outlined.Home, "g h"),
        new("customers", "/customers", Icons.Material.Outlined.PeopleAlt, "g c", RecordKinds.Customer),
        new("segments", "/segments", Icons.Material.Outlined.DonutSmall, "g e", RecordKinds.Customer),
        new("companies", "/companies", Icons.Material.Outlined.Business, "g o", RecordKinds.Company),
        new("leads", "/leads", Icons.Material.Outlined.PersonAddAlt, "g l", RecordKinds.Lead),
        new("deals", "/deals", Icons.Material.Outlined.ViewKanban, "g d", RecordKinds.Deal) { Also = "/forecast" },
        new("tasks", "/tasks", Icons.Material.Outlined.TaskAlt, "g t", RecordKinds.TaskKind) { Query = "f=status%20%3D%20%22open%22&sort=due" },
        new("activities", "/activities", Icons.Material.Outlined.Forum, "g a", RecordKinds.Activity),
        new("products", "/products", Icons.Material.Outlined.Inventory2, "g p", RecordKinds.Product),
        new("orders", "/orders", Icons.Material.Outlined.ReceiptLong, "g r", RecordKinds.Order),
        new("trash", "/trash", Icons.Material.Outlined.Delete, "g x"),
        new("settings", "/settings", Icons.Material.Outlined.Settings, "g s"),
    ];

    /// <summary>The place that is typed so; null for none.</summary>
    public static Place? ByKeys(string keys) => All.FirstOrDefault(p => p.Keys == keys);
}
