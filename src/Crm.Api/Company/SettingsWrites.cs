using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Company;

/// <summary>Changes of the company's settings by administrators: decided on what stands, so that of two at a time neither is lost; and audited.</summary>
internal sealed class SettingsWrites(IGrainFactory grains, RecordAudit audit)
{
    private const int Tries = 10;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

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
        if (!context.Actor().Administers) return (null, s_forbidden);
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return (null, problem);
        for (var at = 0; at < Tries; at++)
        {
            var before = await grains.Company().Get().WaitAsync(context.RequestAborted);
            var (after, wrong) = change(before, body);
            if (after is null) return (null, Bad(part, wrong!));
            var refusal = await grains.Company().Set(after, before.Version).WaitAsync(context.RequestAborted);
            if (refusal == CompanySettings.Stale) continue;
            if (refusal is not null) return (null, Bad(part, refusal));
            await Audit(context, part, before, after);
            return (after, null);
        }

        return (null, RecordRequests.Stale);
    }

    private async Task Audit(HttpContext context, string part, CompanySettings before, CompanySettings after)
    {
        var (was, now) = (JsonSerializer.SerializeToNode(before, s_json)!.AsObject(), JsonSerializer.SerializeToNode(after, s_json)!.AsObject());
        var changes = new JsonObject();
        foreach (var (name, value) in now)
            if (!JsonNode.DeepEquals(was[name], value)) changes[name] = new JsonArray(was[name]?.DeepClone(), value?.DeepClone());
        if (changes.Count > 0) await audit.Write("settings", part, "edit", changes.ToJsonString(), RecordCommands.Cause(context), CancellationToken.None);
    }

    private static Problem Bad(string part, string wrong) => RecordRequests.BadFields(new Dictionary<string, string> { [part] = wrong });
}
