using Crm.Access;

namespace Crm.Privacy;

/// <summary>What people may ask of those who hold their data: consent, export, erasure; and how long data are kept.</summary>
internal static class PrivacyEndpoints
{
    public static void MapPrivacy(this IEndpointRouteBuilder routes)
    {
        var customers = routes.MapGroup("/v1/customers").RequireAuthorization(Policies.Read).ExcludeFromDescription();
        customers.MapConsent();
        customers.MapExport();
        routes.MapErasures(customers);
    }
}
