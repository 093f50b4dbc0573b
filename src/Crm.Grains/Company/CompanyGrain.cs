using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Auditing;
using Crm.Records;

namespace Crm.Company;

/// <summary>The settings document.</summary>
internal sealed class CompanyGrain(
    [PersistentState("company", CompanyGrain.Storage)] IPersistentState<CompanySettings> document, TimeProvider clock) : Grain, ICompanyGrain
{
    /// <summary>Name of the storage for documents, as the silo registers it.</summary>
    public const string Storage = "documents";

    public Task<CompanySettings> Get() => Task.FromResult(document.State);

    public async Task<string?> Set(CompanySettings settings, ChangeCause cause, long? version)
    {
        if (version is { } seen && seen != document.State.Version) return CompanySettings.Stale;
        if (CompanyRules.Problem(settings) is { } problem) return problem;
        var before = document.State;
        var changes = AuditChanges.Between(Json(before), Json(settings)).ToJsonString();
        document.State = settings with { Version = before.Version + 1, LastChange = new SettingsChange(clock.GetUtcNow(), cause.By, cause.Address, changes) };
        try
        {
            await document.WriteStateAsync();
        }
        catch
        {
            // Not stored, or unknown whether: a fresh activation reads what stands.
            document.State = before;
            DeactivateOnIdle();
            throw;
        }

        return null;
    }

    private static JsonObject Json(CompanySettings settings) => (JsonObject)JsonSerializer.SerializeToNode(settings with { LastChange = null, Version = 0 }, JsonSerializerOptions.Web)!;
}
