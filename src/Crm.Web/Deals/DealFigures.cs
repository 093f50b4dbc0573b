using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Calls;
using Crm.Language;

namespace Crm.Deals;

/// <summary>Figures of deals in few characters.</summary>
internal static class DealFigures
{
    /// <summary>From here on somebody is about to buy: what a completed checkout weighs.</summary>
    private const decimal Hot = 30;

    private const decimal Warm = 8;

    /// <summary>Money; whole amounts without what is behind the point. Null for none.</summary>
    public static string? Money(this Formats format, JsonObject? money)
    {
        if (money.Number("amount") is not { } amount) return null;
        var text = format.Money(amount, money.Text("currency") ?? "");
        return amount == decimal.Truncate(amount) && text.EndsWith(".00", StringComparison.Ordinal) ? text[..^3] : text;
    }

    /// <summary>A day of a field; null for none.</summary>
    public static DateOnly? Day(this JsonObject? json, string name) =>
        DateOnly.TryParse(json.Text(name), CultureInfo.InvariantCulture, out var day) ? day : null;

    /// <summary>A percentage.</summary>
    public static string Percent(decimal number) => Formats.Number(number, 1) + "%";

    /// <summary>How warm a heat is: <c>hot</c>, <c>warm</c>, <c>cool</c>, or null for none to speak of.</summary>
    public static string? Tone(decimal? heat) => heat switch { >= Hot => "hot", >= Warm => "warm", >= 0.5m => "cool", _ => null };

    /// <summary>What people see of who owns a deal.</summary>
    public static string? Owner(this JsonObject deal) => deal.Part("owner").Text("name") ?? deal.Part("owner").Text("id");
}
