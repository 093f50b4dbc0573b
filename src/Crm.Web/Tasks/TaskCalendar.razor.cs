using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Calls;
using Crm.Language;
using Crm.Records;
using Microsoft.AspNetCore.Components;

namespace Crm.Tasks;

/// <summary>Tasks by the day on which they are due: a month or a week of them, of one's own or of all.</summary>
public sealed partial class TaskCalendar(Api api, Me me, Texts texts, Formats formats, NavigationManager navigation) : IDisposable
{
    /// <summary>Of a month in sight; more are for a filter to find.</summary>
    private const int MaxTasks = 1_000;

    private const int PageSize = 200;

    /// <summary>Of a day of a month: the others are in its week.</summary>
    private const int MaxOfDay = 4;

    private readonly Visit _gone = new();
    private KindShown? _shown;
    private ILookup<DateOnly, JsonObject>? _byDay;
    private List<JsonObject>? _tasks;
    private bool _isCut;
    private string? _problem;
    private string? _asked;
    private DateOnly _from;
    private JsonObject? _begins;

    [SupplyParameterFromQuery]
    private string? View { get; set; }

    [SupplyParameterFromQuery]
    private string? Day { get; set; }

    [SupplyParameterFromQuery]
    private string? Who { get; set; }

    private Texts T => texts;

    private Formats Format => formats;

    private Me Me => me;

    private bool IsWeek => View == "week";

    private bool IsAll => Who == "all";

    // The first day of the month, or Monday of the week.
    private DateOnly First => IsWeek ? _from : Monday(_from);

    private IEnumerable<DateOnly> Days => Enumerable.Range(0, IsWeek ? 7 : Monday(_from.AddMonths(1).AddDays(6)).DayNumber - First.DayNumber).Select(First.AddDays);

    private string Heading => IsWeek ? $"{formats.Day(_from)} – {formats.Day(_from.AddDays(6))}"
        : T.IsChinese ? _from.ToString("yyyy年M月", CultureInfo.InvariantCulture) : _from.ToString("MMMM yyyy", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public void Dispose()
    {
        _gone.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        var day = DateOnly.TryParseExact(Day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var given) && given.Year is > 1970 and < 9_000 ? given : formats.Today;
        _from = IsWeek ? Monday(day) : new DateOnly(day.Year, day.Month, 1);
        await me.Load();
        _shown ??= await KindShown.Load(api, me, RecordKinds.TaskKind, _gone.Token);
        var asked = $"{_from} {View} {Who} {formats.Zone.Id}";
        if (asked == _asked) return;
        (_asked, _tasks, _byDay) = (asked, null, null);
        await Read();
    }

    private async Task Read()
    {
        var (asked, found, cursor) = (_asked, new List<JsonObject>(), "");
        var filter = $"due >= {Moment(First)} and due < {Moment(First.AddDays(Days.Count()))} and status in (open, done)" + (IsAll ? "" : " and owner = me");
        do
        {
            var answer = await api.Get($"/api/v1/tasks?limit={PageSize}&sort=due&filter={Uri.EscapeDataString(filter)}{cursor}", _gone.Token);
            if (asked != _asked) return;
            if (!answer.Is)
            {
                _problem = T.Problem(answer);
                return;
            }

            found.AddRange(answer.Items);
            cursor = answer.Object.Text("next") is { } next ? "&cursor=" + Uri.EscapeDataString(next) : "";
        }
        while (cursor.Length > 0 && found.Count < MaxTasks);
        (_tasks, _isCut, _problem) = (found, cursor.Length > 0, null);
        _byDay = found.ToLookup(t => DateOnly.FromDateTime(formats.Local(t.Time("due") ?? default).DateTime));
    }

    private IReadOnlyList<JsonObject> Of(DateOnly day) => _byDay is null ? [] : [.. _byDay[day]];

    private string State(JsonObject task) => task.Text("status") == "done" ? "done" : task.Time("due") < formats.Now ? "late" : "";

    private string Clock(JsonObject task) => task.Time("due") is { } due ? formats.Clock(due) : "";

    private void Begin(DateOnly day) => _begins = new JsonObject
    {
        ["due"] = Moment(day, new TimeOnly(9, 0)), ["owner"] = new JsonObject { ["id"] = me.Id, ["name"] = me.Name },
    };

    private async Task Made(JsonObject made)
    {
        _begins = null;
        await Read();
    }

    private DateOnly Step(int by) => IsWeek ? _from.AddDays(7 * by) : _from.AddMonths(by);

    private string At(DateOnly? day) => navigation.GetUriWithQueryParameter("day", day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

    private string Week(DateOnly day) => navigation.GetUriWithQueryParameters(new Dictionary<string, object?> { ["view"] = "week", ["day"] = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) });

    private void Go(string name, string? value) => navigation.NavigateTo(navigation.GetUriWithQueryParameter(name, value));

    private string Moment(DateOnly day, TimeOnly time = default) =>
        formats.At(day.ToDateTime(time)).ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    // Weeks begin on Monday.
    private static DateOnly Monday(DateOnly day) => day.AddDays(-DayOf(day));

    private static int DayOf(DateOnly day) => ((int)day.DayOfWeek + 6) % 7;
}
