using Crm.Customers;

namespace Crm.Clickstream;

/// <summary>Which ids can name a person, as the adapters ask.</summary>
internal static class Identity
{
    /// <inheritdoc cref="CustomerId.IsUsable"/>
    public static bool IsUsable(string? id) => CustomerId.IsUsable(id);
}
