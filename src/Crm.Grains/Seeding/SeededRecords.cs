using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Activities;
using Crm.Company;
using Crm.Customers;
using Crm.Leads;
using Crm.Records;
using Crm.Tasks;

namespace Crm.Seeding;

/// <summary>Records of all other kinds, made by the rules by which their grains make them.</summary>
internal sealed class SeededRecords(SeedScale scale, Func<RecordKind, KindFields> own, CompanySettings company)
{
    private const int OldestDays = 720;
    private const int DayMinutes = 24 * 60;

    private readonly Dictionary<string, RecordRules> _rules =
        new RecordRules[] { new ActivityRules(), new TaskRules(), new LeadRules() }.ToDictionary(r => r.Kind, StringComparer.Ordinal);

    /// <summary>A record of a kind that has no way to go: its fields, then its rules.</summary>
    public SeededRecord Of(RecordKind kind, int number)
    {
        var dice = new SeedDice(scale.Seed, kind.Name, number);
        var id = SeedDice.Id(kind.Prefix, scale.Seed, kind.Name, number);
        var owner = scale.User(dice.Below(scale.Users));
        var made = When(ref dice);
        var given = Given(kind.Name, number, made, ref dice);
        given["owner"] = owner.Id;
        given["team"] = owner.Team;
        var state = Create(kind, id, given, _rules.GetValueOrDefault(kind.Name), made, owner.Id);
        return Made(kind.Name, id, state, made, made, owner.Id, 1, dice.Cause());
    }

    public DateTimeOffset When(ref SeedDice dice) => scale.Midnight.AddMinutes(-1 - dice.Below(OldestDays * DayMinutes)).AddMilliseconds(-dice.Below(60_000));

    public JsonObject Create(RecordKind kind, string id, JsonObject given, RecordRules? rules, DateTimeOffset at, string by)
    {
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        var state = RecordEdit.Create(own(kind), given, errors);
        rules?.Complete(null, state, Turn(id, at, by), errors);
        Worths.Fill(own(kind), null, state, CompanyMoney.Of(company), at);
        Check(errors);
        return state;
    }

    public RuleTurn Turn(string id, DateTimeOffset at, string by) => new(id, new ChangeCause(by, null, default), at, company.BaseCurrency);

    /// <summary>What the rules refuse would be no record of theirs: the seeding is wrong then, or a field of one's own is needed.</summary>
    public static void Check(Dictionary<string, string> errors)
    {
        if (errors.Count > 0) throw new InvalidOperationException("Records cannot be seeded: " + string.Join(' ', errors.Values));
    }

    public static SeededRecord Made(
        string kind, string id, JsonObject state, DateTimeOffset made, DateTimeOffset changed, string by, int version, Guid cause) => new(
            new RecordState
            {
                Kind = kind, Id = id, Fields = state.ToJsonString(), RecordVersion = version, Version = version, CreatedAt = made, UpdatedAt = changed, CreatedBy = by,
            },
            cause);

    public string Link(RecordKind kind, ref SeedDice dice)
    {
        var number = dice.Below(scale.Of(kind.Name));
        return kind.IsLive ? SeededCustomers.Id(scale, number) : SeedDice.Id(kind.Prefix, scale.Seed, kind.Name, number);
    }

    public static string Money(int cents) => (cents / 100m).ToString("0.00", CultureInfo.InvariantCulture);

    private JsonObject Given(string kind, int number, DateTimeOffset made, ref SeedDice dice) => kind switch
    {
        RecordKinds.Company => OfCompany(number, ref dice),
        RecordKinds.Product => OfProduct(number, ref dice),
        RecordKinds.Lead => new JsonObject
        {
            ["name"] = $"{dice.Of(SeedWords.Given)} {dice.Of(SeedWords.Family)}", ["company"] = $"{dice.Of(SeedWords.CompanyFirst)} {dice.Of(SeedWords.CompanySecond)}",
            ["status"] = dice.Of<string>(["new", "contacted", "qualified", "unqualified"]), ["score"] = dice.Below(101), ["source"] = dice.Of(SeedWords.Sources),
            ["email"] = string.Create(CultureInfo.InvariantCulture, $"l{scale.Seed}.{number}@example.org"),
        },
        RecordKinds.TaskKind => OfTask(made, ref dice),
        _ => OfActivity(made, ref dice),
    };

    private JsonObject OfCompany(int number, ref SeedDice dice) => new()
    {
        ["name"] = string.Create(CultureInfo.InvariantCulture, $"{dice.Of(SeedWords.CompanyFirst)} {dice.Of(SeedWords.CompanySecond)} {number}"),
        ["domain"] = string.Create(CultureInfo.InvariantCulture, $"c{scale.Seed}-{number}.example.com"),
        ["industry"] = dice.Of(SeedWords.Industries), ["size"] = 1 + dice.Below(5_000), ["source"] = dice.Of(SeedWords.Sources),
    };

    private JsonObject OfProduct(int number, ref SeedDice dice) => new()
    {
        ["name"] = string.Create(CultureInfo.InvariantCulture, $"{dice.Of(SeedWords.Products)} {number}"),
        ["code"] = string.Create(CultureInfo.InvariantCulture, $"S{scale.Seed}-{number}"), ["status"] = "active",
        ["price"] = new JsonObject { ["amount"] = Money(500 + dice.Below(50_000)), ["currency"] = company.BaseCurrency }, ["category"] = dice.Of(SeedWords.Industries),
    };

    private JsonObject OfTask(DateTimeOffset made, ref SeedDice dice) => new()
    {
        ["subject"] = dice.Of(SeedWords.Tasks), ["status"] = dice.Percent(70) ? "done" : "open", ["priority"] = dice.Of<string>(["low", "normal", "normal", "high"]),
        ["due"] = Time(made.AddMinutes(dice.Below(60 * DayMinutes))), ["customer"] = Link(RecordKind.Customer, ref dice),
    };

    private JsonObject OfActivity(DateTimeOffset made, ref SeedDice dice)
    {
        var type = dice.Of(SeedWords.Activities);
        var given = new JsonObject { ["type"] = type, ["subject"] = dice.Of(SeedWords.Subjects), ["at"] = Time(made), ["customer"] = Link(RecordKind.Customer, ref dice) };
        if (type is "call" or "meeting") given["durationMinutes"] = 5 + dice.Below(90);
        if (dice.Percent(20) && scale.Of(RecordKinds.Deal) > 0) given["deal"] = Link(RecordKind.Deal, ref dice);
        return given;
    }

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString(FieldValues.TimeFormat, CultureInfo.InvariantCulture);
}
