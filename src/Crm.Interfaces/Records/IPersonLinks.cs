namespace Crm.Records;

/// <summary>Records that name people by their customer ids.</summary>
public interface IPersonLinks
{
    /// <summary>Kind and id of records that name any of some customers, also from the trash; each is gone from here once it forgot them.</summary>
    Task<IReadOnlyList<(string Kind, string Id)>> Of(IReadOnlyList<string> customers, int max, CancellationToken stop = default);
}
