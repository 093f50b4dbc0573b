using System.Reflection;
using Crm.Access;
using Crm.Clickstream;

namespace Crm.Hosting;

/// <summary>How the installation does.</summary>
/// <param name="Version">Of this API.</param>
/// <param name="Reasons">What is missing for it to be ready, in words; empty when nothing is.</param>
/// <param name="Silos">Members of the cluster.</param>
/// <param name="Storage">What the database holds.</param>
/// <param name="FileBytes">How many bytes files of records may have together.</param>
internal sealed record SystemView(string Version, IReadOnlyList<string> Reasons, IReadOnlyList<SiloStatusRow> Silos, StorageStatus Storage, long FileBytes);

/// <summary>Silos and storage, for those who look after the installation; the log's partitions stand at <c>/v1/log</c>.</summary>
internal static class SystemEndpoints
{
    private static readonly string s_version =
        typeof(SystemEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    public static void MapSystem(this IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/system", Get).RequireAuthorization(Policies.Watch).WithTags("System")
        .WithName("getSystem").WithSummary("Silos, storage, and what is missing").Produces<SystemView>();

    private static async Task<IResult> Get(HttpContext context, InstallationStatus installation, ApiOptions options)
    {
        context.Response.Headers.CacheControl = "no-store";
        var stop = context.RequestAborted;
        return Results.Ok(new SystemView(
            s_version, HealthEndpoints.Reasons(context.RequestServices), await installation.Silos(options.Cluster, stop),
            await installation.Storage(stop), options.AttachmentBytes));
    }
}
