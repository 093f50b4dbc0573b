using System.Text;

namespace Crm.Customers;

/// <summary>Another id by which a customer can be looked up.</summary>
/// <param name="Kind">Such as <c>email</c>.</param>
/// <param name="Value">As it is compared (see <see cref="Of"/>).</param>
/// <param name="ToldByServer">An event of a server's key named it: such a one may link people, what browsers tell may not.</param>
public readonly record struct ExternalId(string Kind, string Value, bool ToldByServer = false)
{
    /// <summary>An email: compared in lower case.</summary>
    public const string Email = "email";

    /// <summary>A phone number: compared by its digits and plus signs.</summary>
    public const string Phone = "phone";

    /// <summary>Longest kind in characters.</summary>
    public const int MaxKindLength = 32;

    /// <summary>True for a kind: small letters, digits, underscores and dots, at least two.</summary>
    public static bool IsKind(ReadOnlySpan<char> kind)
    {
        if (kind.Length is < 2 or > MaxKindLength) return false;
        foreach (var letter in kind)
            if (!char.IsAsciiLetterLower(letter) && !char.IsAsciiDigit(letter) && letter is not ('_' or '.')) return false;
        return true;
    }

    /// <summary>The id as it is compared and stored for look-up; null when nothing is left of it, or it is too long.</summary>
    public static ExternalId? Of(string kind, string value, bool toldByServer = false)
    {
        ArgumentNullException.ThrowIfNull(value);
        var compared = kind switch
        {
            Email => value.Trim().ToLowerInvariant(),
            Phone => Digits(value),
            _ => value.Trim(),
        };
        return compared.Length is 0 or > CustomerId.MaxLength || !CustomerId.IsUsable(compared)
            ? null
            : new ExternalId(kind, compared, toldByServer);
    }

    private static string Digits(string phone)
    {
        var digits = new StringBuilder(phone.Length);
        foreach (var letter in phone)
            if (char.IsAsciiDigit(letter) || letter == '+') digits.Append(letter);
        return digits.ToString();
    }
}
