using Crm.Access;
using Crm.Customers;

namespace Crm.Records;

/// <summary>
/// What of a timeline somebody may see: of each source the records that a list of its kind would show. A source is left out where its
/// link to the record or its time is hidden, since its place in the timeline would tell them.
/// </summary>
internal static class TimelineAccess
{
    /// <summary>Whose entries are shown, by kind of entry.</summary>
    public static IReadOnlyDictionary<string, Reach> Of(Actor actor, RecordKind subject)
    {
        var whose = new Dictionary<string, Reach>();
        var everybody = new Reach(true, null, []);
        Add(TimelineKinds.Activity, RecordKinds.Activity, subject.Name, "at");
        Add(TimelineKinds.ToDo, RecordKinds.TaskKind, subject.Name, "createdAt");
        Add(TimelineKinds.Order, RecordKinds.Order, subject.Name, "placedAt", "createdAt");
        Add(TimelineKinds.Conversion, RecordKinds.Lead, subject == RecordKind.Company ? "companyId" : subject.Name, "convertedAt", "conversion");
        var link = subject == RecordKind.Customer ? "customers" : subject == RecordKind.Company ? "company" : "id";
        Add(TimelineKinds.Stage, RecordKinds.Deal, link, "stage", "stageHistory", "stageEnteredAt");

        // Of the record itself, which who asks may read.
        if (!actor.Of(subject.Name).Hidden.Contains("owner")) whose[TimelineKinds.Owner] = everybody;
        if (subject == RecordKind.Customer && CustomerShown.MayShowProfile(actor)) whose[TimelineKinds.Event] = whose[TimelineKinds.Merge] = everybody;
        return whose;

        void Add(string entry, string kind, params string[] told)
        {
            if (!told.Any(actor.Of(kind).Hidden.Contains)) whose[entry] = actor.Reach(RecordAction.Read, kind);
        }
    }
}
