using System.Globalization;

namespace Crm.Company;

/// <summary>Currencies by ISO 4217 code: how many digits their amounts have, and how amounts are written.</summary>
public static class Currencies
{
    /// <summary>What an amount without a currency is in.</summary>
    public const string Missing = "USD";

    /// <summary>Digits behind the point, by ISO 4217: 0 for JPY, 3 for BHD, 2 for most and for codes that are not listed.</summary>
    public static int Digits(string code)
    {
        ArgumentNullException.ThrowIfNull(code);
        return code switch
        {
            "BIF" or "CLP" or "DJF" or "GNF" or "ISK" or "JPY" or "KMF" or "KRW" or "PYG" or "RWF" or "UGX" or "UYI"
                or "VND" or "VUV" or "XAF" or "XOF" or "XPF" => 0,
            "BHD" or "IQD" or "JOD" or "KWD" or "LYD" or "OMR" or "TND" => 3,
            "CLF" or "UYW" => 4,
            _ => 2,
        };
    }

    /// <summary>An amount as text with exactly the currency's digits, such as <c>-12.30</c>: rounded once, half away from zero.</summary>
    public static string Format(decimal amount, string code)
    {
        var digits = Digits(code);
        var text = decimal.Round(amount, digits, MidpointRounding.AwayFromZero)
            .ToString(digits switch { 0 => "F0", 3 => "F3", 4 => "F4", _ => "F2" }, CultureInfo.InvariantCulture);
        return text.StartsWith('-') && text.AsSpan(1).IndexOfAnyExcept('0', '.') < 0 ? text[1..] : text;
    }
}
