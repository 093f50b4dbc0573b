using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Hosting;

namespace Crm.Company;

/// <summary>Changes of the company's settings by administrators: decided on what stands, so that of two at a time neither is lost.</summary>
internal sealed class SettingsWrites(IGrainFactory grains)
{
    private const int Tries = 10;

    private static readonly Problem s_forbidden = new(
        StatusCodes.Status403Forbidden, "forbidden", "Settings are changed by administrators.", "Ask one of them.");

    /// <summary>Changes them by the request's body.</summary>
    /// <param name="context">The request.</param>
    /// <param name="part">What the part is called that it changes.</param>
    /// <param name="change">What becomes of them, or what is wrong with the body.</param>
    /// <returns>The settings as they are now, or the answer that says why they are as they were.</returns>
    public async Task<(CompanySettings? Stored, IResult? Problem)> Change(
        HttpContext context, string part, Func<CompanySettings, JsonObject, (CompanySettings? Settings, string? Wrong)> change)
    {
        if (context.MustAdminister(s_forbidden) is { } refused) return (null, refused);
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return (null, problem);
        for (var at = 0; at < Tries; at++)
        {
            var before = await grains.Company().Get().WaitAsync(context.RequestAborted);
            var (after, wrong) = change(before, body);
            if (after is null) return (null, Bad(part, wrong!));
            var refusal = await grains.Company().Set(after, context.Cause(), before.Version).WaitAsync(context.RequestAborted);
            if (refusal == CompanySettings.Stale) continue;
            if (refusal is not null) return (null, Bad(part, refusal));
            return (after, null);
        }

        return (null, RecordRequests.Stale);
    }

    private static Problem Bad(string part, string wrong) => RecordRequests.BadFields(new Dictionary<string, string> { [part] = wrong });
}
