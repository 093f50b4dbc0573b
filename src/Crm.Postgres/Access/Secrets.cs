using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Crm.Access;

/// <summary>Texts that open something: 256 random bits behind a prefix that says what for. Only their SHA-256 is stored: they cannot be guessed back.</summary>
public static class Secrets
{
    /// <summary>Longest text that is looked at, in characters.</summary>
    public const int MaxLength = 200;

    private const int RandomBytes = 32;

    /// <summary>A new one.</summary>
    public static string Create(string prefix) => prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>What is stored of one.</summary>
    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
