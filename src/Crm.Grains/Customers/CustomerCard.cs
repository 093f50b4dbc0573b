using System.Text.Json.Nodes;
using PhoneNumbers;

namespace Crm.Customers;

/// <summary>What is made of the fields of a card. Pure.</summary>
internal static class CustomerCard
{
    private const string Absorbed = "absorbed";

    /// <summary>Most tags, and most emails or phones, that cards put together: as many as people may write.</summary>
    private const int MaxTags = 50;

    /// <inheritdoc cref="MaxTags"/>
    private const int MaxIds = 20;

    // What names one record alone, what the CRM computes, and what says who was taken over.
    private static readonly string[] s_own = ["externalId", "fullName", "phonesE164", Absorbed];
    private static readonly string[] s_lists = ["tags", "emails", "phones"];

    /// <summary>Whether a text may be an email address: something, an @, and a domain.</summary>
    public static bool IsEmail(string text) =>
        text.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < text.Length - 1 && at == text.LastIndexOf('@')
        && !text.Any(char.IsWhiteSpace) && ExternalId.Of(ExternalId.Email, text) is not null;

    /// <summary>The texts of a list.</summary>
    public static IEnumerable<string> Texts(JsonObject fields, string name) => (fields[name] as JsonArray ?? []).Select(e => (string)e!);

    /// <summary>Sets what the CRM makes of the fields: the name as it is shown, and the phones in their international form.</summary>
    /// <param name="fields">The card.</param>
    /// <param name="region">Where phones without a country are (ISO 3166); null for nowhere.</param>
    public static void Complete(JsonObject fields, string? region)
    {
        var name = (string?)fields["name"];
        if (string.IsNullOrEmpty(name))
            name = PersonName.Shown((string?)fields["givenName"], (string?)fields["familyName"], (string?)fields["language"]);
        Set(fields, "fullName", name);
        Set(fields, "phonesE164", List(Texts(fields, "phones").Select(phone => E164(phone, region)).OfType<string>().Distinct()));
    }

    /// <summary>A phone number in its international form, <c>+4930123456</c>; null for what can be no number there.</summary>
    public static string? E164(string phone, string? region)
    {
        var numbers = PhoneNumberUtil.GetInstance();
        try
        {
            var parsed = numbers.Parse(phone, region);
            return numbers.IsPossibleNumberWithReason(parsed) == PhoneNumberUtil.ValidationResult.IS_POSSIBLE ? numbers.Format(parsed, PhoneNumberFormat.E164) : null;
        }
        catch (NumberParseException)
        {
            return null;
        }
    }

    /// <summary>
    /// Takes over another's card: the fields that are empty here, and what its lists hold beside. The same version of the same card
    /// again changes nothing, also when somebody took something of it away since.
    /// </summary>
    public static void Absorb(JsonObject fields, string source, long recordVersion, JsonObject card)
    {
        var absorbed = fields[Absorbed] as JsonObject ?? [];
        if (absorbed[source] is { } known && (long)known >= recordVersion) return;
        foreach (var name in s_lists)
            Set(fields, name, List(Texts(fields, name).Union(Texts(card, name)).Take(name == "tags" ? MaxTags : MaxIds)));

        // The parts of a name belong together: half of another's makes a stranger of somebody.
        var isNamed = fields.Any(f => IsName(f.Key));
        foreach (var (name, value) in card)
        {
            if (s_own.Contains(name) || s_lists.Contains(name) || (isNamed && IsName(name))) continue;
            if (name == "custom" && fields[name] is JsonObject mine && value is JsonObject its) Fill(mine, its);
            else if (fields[name] is null) fields[name] = value?.DeepClone();
        }

        absorbed[source] = recordVersion;
        if (absorbed.Parent is null) fields[Absorbed] = absorbed;
        while (absorbed.Count > CustomerRecord.MaxAbsorbed) absorbed.RemoveAt(0);
    }

    private static bool IsName(string field) => field is "name" or "givenName" or "familyName";

    private static void Fill(JsonObject fields, JsonObject from)
    {
        foreach (var (name, value) in from)
            if (fields[name] is null) fields[name] = value?.DeepClone();
    }

    private static JsonArray? List(IEnumerable<string> texts)
    {
        JsonNode[] all = [.. texts.Select(t => (JsonNode)t)];
        return all.Length == 0 ? null : new JsonArray(all);
    }

    private static void Set(JsonObject fields, string name, JsonNode? value)
    {
        if (value is null) fields.Remove(name);
        else fields[name] = value;
    }
}
