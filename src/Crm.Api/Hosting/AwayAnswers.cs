using System.Data.Common;
using Crm.Clickstream;
using Crm.Customers;

namespace Crm.Hosting;

/// <summary>What handlers that need the database and a silo answer while one of them is away: 503, in words.</summary>
internal static class AwayAnswers
{
    private static readonly Problem s_noDatabase = new(
        StatusCodes.Status503ServiceUnavailable, "unavailable", "The database does not answer.", "Send the same request again after the pause.", 2);

    /// <summary>The handler with those answers, which nobody may keep.</summary>
    /// <param name="noDatabase">The answer without a database, where there is more to say than that.</param>
    public static RequestDelegate OrAway(this RequestDelegate handle, Problem? noDatabase = null) => async context =>
    {
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            await handle(context);
        }
        catch (Exception failure) when (failure is DbException or TimeoutException or IOException or StoreUnavailableException && !context.Response.HasStarted)
        {
            await Problems.Write(context, noDatabase ?? s_noDatabase);
        }
        catch (Exception failure) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested && SiloLink.IsAbsence(failure))
        {
            await Problems.Write(context, PartitionReads.NoSilo);
        }
    };
}
