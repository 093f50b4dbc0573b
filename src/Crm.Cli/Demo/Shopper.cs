using System.Globalization;

namespace Crm.Demo;

/// <summary>One person who visits the demo shop, with the devices they use.</summary>
internal sealed class Shopper
{
    private static readonly string[] FirstNames =
        ["Emma", "Noah", "Olivia", "Liam", "Sofia", "Jonas", "Mia", "Ben", "Aisha", "Mateo", "Yuki", "Haruto", "Lena", "Oscar", "Chloe", "Samir"];

    private static readonly string[] LastNames =
        ["Smith", "Miller", "Brown", "Schmidt", "Fischer", "Taylor", "Garcia", "Tanaka", "Suzuki", "Evans", "Weber", "Khan", "Rossi", "Novak"];

    private static readonly string[] ChineseFamily = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴"];
    private static readonly string[] ChineseGiven = ["娜", "伟", "芳", "敏", "静", "丽", "强", "磊", "洋", "艳", "勇", "军", "雨欣", "子涵", "浩然"];

    private Shopper(Market market, string userId, string firstName, string lastName, string city)
    {
        Market = market;
        UserId = userId;
        FirstName = firstName;
        LastName = lastName;
        City = city;
    }

    public Market Market { get; }

    public string UserId { get; }

    public string FirstName { get; }

    public string LastName { get; }

    public string FullName => Market.IsChinese ? LastName + FirstName : $"{FirstName} {LastName}";

    public string City { get; }

    /// <summary>On a domain that is reserved for examples: nobody gets mail.</summary>
    public string Email => $"{UserId}@example.com";

    /// <summary>The visitor id of the device in use.</summary>
    public string AnonymousId { get; private set; } = "";

    /// <summary>The shop knows who it is: signed in once, on any device.</summary>
    public bool HasAccount { get; set; }

    /// <summary>Signed in on the device in use.</summary>
    public bool SignedIn { get; set; }

    public int Visits { get; set; }

    public static Shopper Create(Random random, string run, int number)
    {
        var market = Pick(random);
        var (first, last) = market.IsChinese
            ? (One(random, ChineseGiven), One(random, ChineseFamily))
            : (One(random, FirstNames), One(random, LastNames));
        var shopper = new Shopper(market, string.Create(CultureInfo.InvariantCulture, $"demo-{run}-{number}"), first, last, One(random, market.Cities));
        shopper.TakeDevice(random);
        return shopper;
    }

    /// <summary>Goes on with another device: a new visitor id, not signed in.</summary>
    public void TakeDevice(Random random)
    {
        Span<byte> id = stackalloc byte[16];
        random.NextBytes(id);
        AnonymousId = new Guid(id).ToString();
        SignedIn = false;
    }

    public static T One<T>(Random random, IReadOnlyList<T> from) => from[random.Next(from.Count)];

    private static Market Pick(Random random)
    {
        var at = random.NextDouble();
        foreach (var market in Market.All)
        {
            if ((at -= market.Share) < 0) return market;
        }

        return Market.All[0];
    }
}
