using Crm.Access;
using Crm.Calls;
using Crm.Language;
using Crm.Shell;

namespace Crm.Records;

/// <summary>Kinds that are looked at in more ways than as a list.</summary>
public static class RecordViews
{
    /// <summary>The ways, as tabs; none where the list is all there is.</summary>
    public static IReadOnlyList<PageTab> Of(string kind, Texts texts, Me me) => kind switch
    {
        RecordKinds.Lead when me.Of(kind).Edit != RecordScope.None => [new("list", texts["view.list"], "/leads"), new("pool", texts["view.pool"], "/leads/pool")],
        RecordKinds.TaskKind => [new("list", texts["view.list"], Shell.Places.All.First(p => p.Kind == RecordKinds.TaskKind).Entrance), new("calendar", texts["view.calendar"], "/tasks/calendar")],
        _ => [],
    };
}
