using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Company;
using Crm.Customers;
using Crm.Deals;
using Crm.Orders;
using Crm.Records;

namespace Crm.Seeding;

/// <summary>Deals on their way, by their own rules: three of ten are open, and who won has an order.</summary>
internal sealed class SeededDeals(SeedScale scale, SeededRecords records, PipelineSet pipelines, CompanySettings company)
{
    private const int OpenPercent = 30;
    private const int MostDays = 120;

    private readonly DealRules _rules = new(new Book(pipelines), new Settings(company));
    private readonly OrderRules _orders = new();

    /// <summary>A deal.</summary>
    public SeededRecord Of(int number) => Make(number, false)!;

    /// <summary>The order of a deal; null of one that is not won.</summary>
    public SeededRecord? OrderOf(int number) => Make(number, true);

    private SeededRecord? Make(int number, bool order)
    {
        var dice = new SeedDice(scale.Seed, RecordKinds.Deal, number);
        var id = SeedDice.Id(RecordKind.Deal.Prefix, scale.Seed, RecordKinds.Deal, number);
        var owner = scale.User(dice.Below(scale.Users));
        var made = records.When(ref dice);
        var open = dice.Percent(OpenPercent);
        var won = !open && dice.Percent(50);
        if (order && !won) return null;
        var state = records.Create(RecordKind.Deal, id, Given(number, owner, ref dice), _rules, made, owner.Id);
        if (open) return SeededRecords.Made(RecordKinds.Deal, id, state, made, made, owner.Id, 1, dice.Cause());
        var closed = made.AddMinutes(Math.Min(1 + dice.Below(MostDays * 24 * 60), Math.Max(0, (scale.Midnight - made).TotalMinutes)));
        var reasons = pipelines.Default!.LostReasons;
        var arguments = won ? [] : new JsonObject { ["reason"] = reasons.Count > 0 ? dice.Of(reasons) : "Price" };
        var decision = _rules.Do(won ? "win" : "lose", arguments, state, records.Turn(id, closed, owner.Id))!;
        if (decision.Fields is null) throw new InvalidOperationException("Deals cannot be seeded: " + (decision.Why ?? string.Join(' ', decision.Errors!.Values)));
        var cause = dice.Cause();
        return order ? Order(decision.Made[0], closed, owner.Id, cause) : SeededRecords.Made(RecordKinds.Deal, id, decision.Fields, made, closed, owner.Id, 2, cause);
    }

    private JsonObject Given(int number, (string Id, string Team, string Name) owner, ref SeedDice dice)
    {
        Stage[] stages = [.. pipelines.Default!.Stages.Where(s => s.Type == StageType.Open)];
        return new JsonObject
        {
            ["name"] = string.Create(CultureInfo.InvariantCulture, $"{dice.Of(SeedWords.Products)} for {dice.Of(SeedWords.CompanyFirst)} {number}"),
            ["owner"] = owner.Id, ["team"] = owner.Team, ["stage"] = dice.Of(stages).Id,
            ["amount"] = new JsonObject { ["amount"] = SeededRecords.Money(10_000 + dice.Below(10_000_000)), ["currency"] = company.BaseCurrency },
            ["closeDate"] = scale.Today.AddDays(dice.Below(180)).ToString(FieldValues.DayFormat, CultureInfo.InvariantCulture),
            ["company"] = records.Link(RecordKind.Company, ref dice), ["customers"] = new JsonArray(records.Link(RecordKind.Customer, ref dice)),
            ["source"] = dice.Of(SeedWords.Sources),
        };
    }

    private SeededRecord Order(MadeRecord made, DateTimeOffset at, string by, Guid cause)
    {
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        _orders.Complete(null, made.Fields, records.Turn(made.Id, at, by), errors);
        Worths.Fill(new KindFields(RecordKind.Order, []), null, made.Fields, CompanyMoney.Of(company), at);
        SeededRecords.Check(errors);
        return SeededRecords.Made(made.Kind, made.Id, made.Fields, at, at, by, 1, cause);
    }

    private sealed class Book(PipelineSet all) : IPipelineBook
    {
        public PipelineSet Current => all;

        public Task<bool> Renew() => Task.FromResult(false);
    }

    private sealed record Settings(CompanySettings Current) : ICompanySettings;
}
