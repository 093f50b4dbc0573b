using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Company;
using Crm.Records;

namespace Crm.Leads;

/// <summary>A user's claims. They pass one by one, so that parallel ones cannot go beyond the limit; of two users one wins at the lead.</summary>
internal sealed class LeadClaimsGrain(ILeadStore leads, ICompanySettings company) : Grain, ILeadClaimsGrain
{
    public async Task<RecordAnswer> Claim(string lead, long? recordVersion, ChangeCause cause)
    {
        var (user, most) = (this.GetPrimaryKeyString(), company.Current.Sales.MaxClaimedLeads);
        var record = GrainFactory.Record(RecordKinds.Lead, lead);
        if (await record.Get() is { } there && there.Owner != user && await leads.Claimed(user) >= most)
            return new RecordAnswer(RecordRefusal.Refused, there, Why: $"{most} open leads are claimed already, which is the limit. Release or finish some of them first.");
        return await record.Do("claim", new JsonObject { ["user"] = user }.ToJsonString(), recordVersion, cause);
    }
}
