using System.Globalization;

namespace Crm.Bench;

/// <summary>What the questions share.</summary>
internal static class Runs
{
    /// <summary>8 characters that no earlier run had.</summary>
    public static string NewId() => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds().ToString("x8", CultureInfo.InvariantCulture);

    /// <summary>A load on the product.</summary>
    public static LoadOptions Load(RunningProduct product, BenchOptions options, ShopEvents events, ICustomerChoice customers) => new()
    {
        Api = product.Api,
        WriteKey = product.WriteKey,
        Events = events,
        Customers = customers,
        Duration = options.WarmUp,
        BatchEvents = options.Whole("batch", 100),
    };
}
