namespace Crm.Access;

/// <summary>Origins of pages: <c>https://shop.example</c>, or <c>https://*.shop.example</c> for all hosts below one.</summary>
public static class Origins
{
    /// <summary>Longest origin, in characters: a scheme and a host name of full length.</summary>
    private const int MaxLength = 300;

    private const string AnyHost = "://*.";

    /// <summary>Whether one of the allowed origins is this one.</summary>
    public static bool Allow(IEnumerable<string> allowed, string origin)
    {
        ArgumentNullException.ThrowIfNull(allowed);
        ArgumentNullException.ThrowIfNull(origin);
        foreach (var one in allowed)
        {
            var star = one.IndexOf(AnyHost, StringComparison.Ordinal);
            if (star < 0 ? one.Equals(origin, StringComparison.OrdinalIgnoreCase) : IsBelow(one, star, origin)) return true;
        }

        return false;
    }

    /// <summary>The origin as browsers write it; null when the text is none.</summary>
    public static string? Normal(string? text)
    {
        if (text is null or { Length: > MaxLength }) return null;
        var star = text.IndexOf(AnyHost, StringComparison.Ordinal);
        var plain = star < 0 ? text : text.Remove(star + 3, 2);
        if (!Uri.TryCreate(plain, UriKind.Absolute, out var uri) || uri.Host.Length == 0 || plain.Contains('*', StringComparison.Ordinal)) return null;
        if (uri.UserInfo.Length > 0 || uri.PathAndQuery is not ("/" or "") || uri.Fragment.Length > 0) return null;
        var host = uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : uri.IdnHost;
        var port = uri.IsDefaultPort || uri.Port < 0 ? "" : ":" + uri.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return $"{uri.Scheme}://{(star < 0 ? "" : "*.")}{host.ToLowerInvariant()}{port}";
    }

    private static bool IsBelow(string pattern, int star, string origin)
    {
        var scheme = pattern.AsSpan(0, star + 3);
        var suffix = pattern.AsSpan(star + 4);
        return origin.Length > scheme.Length + suffix.Length
            && origin.AsSpan().StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            && origin.AsSpan().EndsWith(suffix, StringComparison.OrdinalIgnoreCase)
            && origin.AsSpan(scheme.Length).IndexOfAny('/', '@') < 0;
    }
}
