using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Calls;
using Crm.Language;
using Crm.Records;
using MudBlazor;

namespace Crm.Deals;

/// <summary>What became of a deal that was pulled to another day.</summary>
/// <param name="Deal">As it is now.</param>
/// <param name="Said">That, in words.</param>
/// <param name="Trouble">Null when it was moved.</param>
internal sealed record DatedDeal(JsonObject Deal, string Said, Severity? Trouble);

/// <summary>The day on which a deal is to close, changed by pulling it elsewhere.</summary>
internal static class DealDates
{
    private const string Field = "closeDate";

    /// <summary>Whether whoever looks may move it.</summary>
    public static bool MayMove(this Me me, KindShown? shown, JsonObject deal) => deal.Text("status") == "open" && shown?.Rule(Field) is { } rule
        && me.MayEdit(RecordKinds.Deal, rule) && me.May(RecordAction.Edit, RecordKinds.Deal, deal);

    /// <summary>The deal with that day.</summary>
    public static JsonObject On(JsonObject deal, DateOnly day)
    {
        var wish = (JsonObject)deal.DeepClone();
        wish[Field] = Text(day);
        return wish;
    }

    /// <summary>Moves it.</summary>
    public static async Task<DatedDeal> Move(Api api, Texts texts, Formats format, JsonObject deal, DateOnly day)
    {
        var title = deal.Text("name") ?? "";
        var answer = await DealEdits.Send(api, deal, Field, JsonValue.Create(Text(day)));
        if (answer.Is) return new DatedDeal(answer.Object, texts["calendar.moved", title, format.Day(day)], null);
        if (answer.IsStale && answer.Object.Part("current") is { } theirs)
        {
            var stands = $"{texts.Field(RecordKinds.Deal, Field)}: {(theirs.Day(Field) is { } other ? format.Day(other) : texts["none"])}";
            return new DatedDeal(theirs, texts["deals.stale", title, stands], Severity.Warning);
        }

        return new DatedDeal(deal, texts["deals.notMoved", title, answer.Errors.Count > 0 ? string.Join(' ', answer.Errors.Values.Select(texts.FieldError)) : texts.Problem(answer)], Severity.Error);
    }

    /// <summary>A day as the API has it.</summary>
    public static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
