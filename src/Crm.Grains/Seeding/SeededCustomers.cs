using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Clickstream;
using Crm.Company;
using Crm.Customers;
using Crm.Records;

namespace Crm.Seeding;

/// <summary>Live customers: each is folded from events, and packed as its grain would, so that profile, row and list say the same.</summary>
internal sealed class SeededCustomers(SeedScale scale, KindFields fields, CompanySettings company, int partitions)
{
    private const int OldestDays = 720;
    private const int DayMinutes = 24 * 60;

    /// <summary>The id of a customer.</summary>
    public static string Id(SeedScale scale, int number) => CustomerId.User(UserId(scale, number));

    public SeededCustomer Of(int number)
    {
        var dice = new SeedDice(scale.Seed, RecordKinds.Customer, number);
        var first = scale.Midnight.AddMinutes(-1 - dice.Below(OldestDays * DayMinutes)).AddSeconds(-dice.Below(60));
        var person = Person(number, ref dice);
        var record = CustomerRecord.Fresh(Id(scale, number));
        foreach (var happened in Events(number, first, person, ref dice)) record.Fold(happened, XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(happened.MessageId)));
        var listing = record.Profile.Listing(record.IsKnown, null, company);
        record.Profile.HasNewNames = false;
        var profile = new CustomerWrite
        {
            Id = record.Id,
            Partition = Partitioning.Of(record.Id, partitions),
            ExpectedVersion = 0,
            State = record.Encode(),
            LastSeen = listing.LastSeen,
            Events = record.Profile.Events,
            Orders = record.Profile.Orders,
            NewExternalIds = record.Profile.Names(),
            Listing = listing,
            Seen = listing,
        };
        return new SeededCustomer(profile, Card(number, first, person, ref dice));
    }

    private static string UserId(SeedScale scale, int number) => string.Create(CultureInfo.InvariantCulture, $"seed{scale.Seed}-{number:D7}");

    private Human Person(int number, ref SeedDice dice)
    {
        var chinese = dice.Percent(10);
        var given = dice.Of(chinese ? SeedWords.ChineseGiven : SeedWords.Given);
        var family = dice.Of(chinese ? SeedWords.ChineseFamily : SeedWords.Family);
        var email = dice.Percent(90) ? string.Create(CultureInfo.InvariantCulture, $"p{scale.Seed}.{number}@example.com") : null;
        var phone = dice.Percent(40) ? string.Create(CultureInfo.InvariantCulture, $"+1 202 555 {dice.Below(10_000):0000}") : null;
        return new Human(given, family, email, phone, chinese ? "zh-CN" : dice.Of<string>(["en", "de", "fr"]));
    }

    private List<BehaviourEvent> Events(int number, DateTimeOffset first, Human person, ref SeedDice dice)
    {
        var (user, at, all) = (UserId(scale, number), first, new List<BehaviourEvent>());
        var traits = new JsonObject { ["firstName"] = person.Given, ["lastName"] = person.Family };
        if (person.Email is not null) traits["email"] = person.Email;
        Add(EventType.Identify, null, new JsonObject { ["traits"] = traits });
        for (var left = dice.Below(3); left > 0; left--)
        {
            at = Later(at, ref dice);
            Add(EventType.Track, "Product Viewed", new JsonObject { ["properties"] = new JsonObject { ["product_id"] = Product(ref dice) } });
        }

        for (var left = dice.Percent(30) ? 1 + dice.Below(3) : 0; left > 0; left--)
        {
            at = Later(at, ref dice);
            var total = (5 + dice.Below(40_000) / 100m).ToString("0.00", CultureInfo.InvariantCulture);
            Add(EventType.Track, "Order Completed", new JsonObject
            {
                ["properties"] = new JsonObject { ["order_id"] = $"{user}-{left}", ["total"] = total, ["currency"] = company.BaseCurrency },
            });
        }

        return all;

        void Add(EventType type, string? name, JsonObject body) => all.Add(new BehaviourEvent
        {
            Lane = CustomerId.User(user),
            Type = type,
            MessageId = string.Create(CultureInfo.InvariantCulture, $"{user}-{all.Count}"),
            Source = "seed",
            TimestampMs = at.ToUnixTimeMilliseconds(),
            ReceivedAtMs = at.ToUnixTimeMilliseconds(),
            Name = name,
            UserId = user,
            FromServer = true,
            Body = Encoding.UTF8.GetBytes(body.ToJsonString()),
        });
    }

    private string Product(ref SeedDice dice) =>
        SeedDice.Id(RecordKind.Product.Prefix, scale.Seed, RecordKinds.Product, dice.Below(scale.Of(RecordKinds.Product)));

    // Between then and the day, so that the last seen differ as much as the first.
    private DateTimeOffset Later(DateTimeOffset at, ref SeedDice dice)
    {
        var seconds = (int)Math.Max(2, (scale.Midnight - at).TotalSeconds);
        return at.AddSeconds(1 + dice.Below(seconds - 1)).AddMilliseconds(-dice.Below(1_000));
    }

    private SeededRecord Card(int number, DateTimeOffset made, Human person, ref SeedDice dice)
    {
        var owner = scale.User(dice.Below(scale.Users));
        var card = new JsonObject
        {
            ["givenName"] = person.Given, ["familyName"] = person.Family, ["language"] = person.Language, ["owner"] = owner.Id, ["team"] = owner.Team,
            ["source"] = dice.Of(SeedWords.Sources),
            [KindFields.Member] = new JsonObject
            {
                [SeedScale.RenewalField] = scale.Today.AddDays(dice.Below(730) - 365).ToString(FieldValues.DayFormat, CultureInfo.InvariantCulture),
                [SeedScale.RatingField] = dice.Below(100_000) / 100m,
            },
        };
        if (person.Email is not null) card["emails"] = new JsonArray(person.Email);
        if (person.Phone is not null) card["phones"] = new JsonArray(person.Phone);
        if (dice.Percent(30)) card["tags"] = new JsonArray(dice.Of(SeedWords.Tags));
        if (dice.Percent(60)) card["company"] = SeedDice.Id(RecordKind.Company.Prefix, scale.Seed, RecordKinds.Company, dice.Below(scale.Of(RecordKinds.Company)));
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        var state = RecordEdit.Create(fields, card, errors);
        CustomerCard.Complete(state, company.PhoneRegion);
        SeededRecords.Check(errors);
        return SeededRecords.Made(RecordKinds.Customer, Id(scale, number), state, made, Later(made, ref dice), owner.Id, 1, dice.Cause());
    }

    private readonly record struct Human(string Given, string Family, string? Email, string? Phone, string Language);
}
