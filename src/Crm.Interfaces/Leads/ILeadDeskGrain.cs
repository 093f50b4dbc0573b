using Crm.Records;

namespace Crm.Leads;

/// <summary>What has to be done with leads that no person does. Key: 0.</summary>
[Alias("crm.lead-desk")]
public interface ILeadDeskGrain : IGrainWithIntegerKey
{
    /// <summary>Assigns new leads, takes idle ones back, and ends what is not carried out; true when more waits.</summary>
    [Alias("work")]
    Task<bool> Work();

    /// <summary>Carries out what a conversion, or its undoing, left to be done.</summary>
    [Alias("settle")]
    Task Settle(string lead);

    /// <summary>Takes a conversion back while what it made is as it was made.</summary>
    [Alias("unconvert")]
    Task<RecordAnswer> Unconvert(string lead, long? recordVersion, ChangeCause cause);
}

/// <summary>A user's claims, one after the other, so that the limit holds. Key: the user's id.</summary>
[Alias("crm.lead-claims")]
public interface ILeadClaimsGrain : IGrainWithStringKey
{
    /// <summary>Claims a lead of the pool.</summary>
    [Alias("claim")]
    Task<RecordAnswer> Claim(string lead, long? recordVersion, ChangeCause cause);
}
