using Crm.Access;
using Crm.Customers;

namespace Crm.Records;

/// <summary>
/// What of a timeline somebody may see: of each source the records that a list of its kind would show. A source is left out where its
/// link to the record or its time is hidden, since its place in the timeline would tell them.
/// </summary>
internal static class TimelineAccess
{
    private static readonly Reach s_none = new(false, null, []);
    private static readonly string[] s_links = [RecordKinds.Customer, RecordKinds.Deal];

    private static readonly Dictionary<string, string> s_linked = new()
    {
        [TimelineKinds.Activity] = RecordKinds.Activity, [TimelineKinds.ToDo] = RecordKinds.TaskKind, [TimelineKinds.Order] = RecordKinds.Order,
    };

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
        if (subject == RecordKind.Company && CustomerShown.MayShowProfile(actor)) whose[TimelineKinds.Event] = People(actor);
        return whose;

        void Add(string entry, string kind, params string[] told)
        {
            if (!told.Any(actor.Of(kind).Hidden.Contains)) whose[entry] = actor.Reach(RecordAction.Read, kind);
        }
    }

    /// <summary>What of a company's people and deals is shown in its timeline: of those that somebody may read, who may know that they are the company's.</summary>
    /// <param name="purpose">What the data is wanted for: what a person allows is asked of the person alone.</param>
    public static CircleQuery Circle(Actor actor, bool purpose) => new(
        purpose ? s_none : People(actor),
        actor.Of(RecordKinds.Deal).Hidden.Contains("company") ? s_none : actor.Reach(RecordAction.Read, RecordKinds.Deal),
        s_linked.ToDictionary(k => k.Key, k => (IReadOnlyList<string>)[.. s_links.Where(link => !actor.Of(k.Value).Hidden.Contains(link))]));

    private static Reach People(Actor actor) =>
        actor.Of(RecordKinds.Customer).Hidden.Contains("company") ? s_none : actor.Reach(RecordAction.Read, RecordKinds.Customer);
}
