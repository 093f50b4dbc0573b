using Crm.Privacy;

namespace Crm.Company;

/// <summary>What company settings must be, so that no later sum can fail on them.</summary>
internal static class CompanyRules
{
    /// <summary>Most rates: a year of days for some ten currencies. All are kept in every silo's memory.</summary>
    public const int MaxRates = 4_000;

    /// <summary>What is wrong with the settings, for a person to correct; null when nothing is.</summary>
    public static string? Problem(CompanySettings settings)
    {
        if (!IsCurrency(settings.BaseCurrency)) return $"The base currency {Quoted(settings.BaseCurrency)} is no ISO 4217 code, such as USD.";
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(settings.TimeZone ?? "", out _) || settings.TimeZone!.Length > 64)
            return $"The time zone {Quoted(settings.TimeZone)} is not known. It is an IANA name, such as Europe/Berlin.";
        if (settings.PhoneRegion is { } region && !(region.Length == 2 && region.All(char.IsAsciiLetterUpper)))
            return $"The region of phone numbers {Quoted(region)} is no ISO 3166-1 code, such as DE.";
        return RatesProblem(settings) ?? TiersProblem(settings.Tiers) ?? SalesProblem(settings.Sales) ?? PurposesProblem(settings.Privacy?.Purposes);
    }

    private static string? PurposesProblem(IReadOnlyList<PurposeRule>? purposes)
    {
        if (purposes is null) return "The list of purposes is missing; it may be empty.";
        if (purposes.Count > PrivacySettings.MaxPurposes) return $"There are {purposes.Count} purposes; at most {PrivacySettings.MaxPurposes} are kept.";
        var names = new HashSet<string>();
        foreach (var purpose in purposes)
        {
            if (purpose?.Purpose is not { Length: > 0 and <= 64 } name || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-'))
                return $"The purpose {Quoted(purpose?.Purpose)} must be 1 to 64 small letters, digits, - or _.";
            if (string.IsNullOrWhiteSpace(purpose.Category) || purpose.Category.Length > 100)
                return $"The category of {name} must be 1 to 100 characters.";
            if (!names.Add(name)) return $"The purpose {name} is listed twice.";
        }

        return null;
    }

    private static string? RatesProblem(CompanySettings settings)
    {
        if (settings.Rates is null) return "The list of rates is missing; it may be empty.";
        if (settings.Rates.Count > MaxRates) return $"There are {settings.Rates.Count} rates; at most {MaxRates} are kept.";
        var days = new HashSet<(string, DateOnly)>();
        foreach (var rate in settings.Rates)
        {
            if (!IsCurrency(rate.Currency)) return $"The currency {Quoted(rate.Currency)} of a rate is no ISO 4217 code, such as EUR.";
            if (rate.Currency == settings.BaseCurrency) return $"{rate.Currency} is the base currency: it needs no rate.";
            if (rate.Rate <= 0) return $"The rate of {rate.Currency} from {rate.From:yyyy-MM-dd} must be above 0.";
            if (!days.Add((rate.Currency, rate.From))) return $"{rate.Currency} has two rates from {rate.From:yyyy-MM-dd}.";
        }

        return null;
    }

    private static string? SalesProblem(SalesSettings? sales) => sales switch
    {
        null => "The settings of sales are missing.",
        { HeatHalfLifeDays: < 1 or > 14 } => "The half-life of heat lies between 1 and 14 days.",
        { CommittedFrom: < 1 or > 100 } => "The per cent from which on a deal is committed lie between 1 and 100.",
        { MaxClaimedLeads: < 1 or > 10_000 } => "A user may claim 1 to 10000 leads.",
        { RecycleLeadsAfterDays: < 1 or > 3_650 } => "Leads go back into the pool after 1 to 3650 days, or never.",
        _ => null,
    };

    private static string? TiersProblem(TierRule? tiers) => tiers switch
    {
        null => "The rule of the tiers is missing.",
        { HighValueMonetary: <= 0 } => "The money that makes a customer high-value must be above 0.",
        { HighValueOrders: < 1 } or { EngagedOrders: < 1 } => "Orders that make a customer high-value must be at least 1.",
        { EngagedReviews: < 0 } or { EngagedVisits: < 0 } => "Reviews and visits of the tier rule must not be below 0.",
        { EngagedRating: < 0 or > 5 } => "The mean rating of the tier rule lies between 0 and 5.",
        _ => null,
    };

    private static bool IsCurrency(string? code) => code is { Length: 3 } && code.All(char.IsAsciiLetterUpper);

    private static string Quoted(string? text) => text is null ? "(none)" : $"\"{(text.Length > 40 ? text[..40] + "..." : text)}\"";
}
