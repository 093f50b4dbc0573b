using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Crm.Access;

/// <summary>The text of a key: <c>wk_</c> or <c>sk_</c> and 256 random bits in base64url.</summary>
public static class ApiKeySecret
{
    /// <summary>Longest text that is looked at as a key, in characters. Longer ones are wrong without being hashed.</summary>
    public const int MaxLength = 200;

    private const int RandomBytes = 32;
    private const int ShownLength = 10;

    /// <summary>False for texts that are no keys for sure, so that nobody needs to be asked about them.</summary>
    public static bool LooksLikeOne(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= MaxLength && (text.StartsWith("wk_", StringComparison.Ordinal) || text.StartsWith("sk_", StringComparison.Ordinal));
    }

    /// <summary>A new key.</summary>
    public static string Create(ApiKeyKind kind) =>
        (kind == ApiKeyKind.Write ? "wk_" : "sk_") + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>What is stored of a key: its SHA-256.</summary>
    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>What may be shown of a key.</summary>
    public static string Prefix(string secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return secret.Length <= ShownLength ? secret : secret[..ShownLength];
    }
}
