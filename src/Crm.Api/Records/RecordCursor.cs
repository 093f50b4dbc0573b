using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Crm.Records;

/// <summary>
/// Where the next page of a list begins: behind a value of the sort and an id. It goes with the question that it came of: with another
/// one it is refused. The rule of access is asked anew for each page, so nobody sees more by a cursor of another's.
/// </summary>
internal static class RecordCursor
{
    private const int MaxLength = 4_000;
    private const int QuestionBytes = 9;

    /// <summary>What a cursor must have been given for.</summary>
    public static string Question(params string[] parts) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))).AsSpan(0, QuestionBytes));

    public static string Write(string question, string? value, string id) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new[] { question, value, id }));

    /// <summary>What the page begins behind; false for a text that is no cursor of the question.</summary>
    public static bool TryRead(string text, string question, out (string? Value, string Id) after)
    {
        after = default;
        if (text.Length > MaxLength || !Base64Url.IsValid(text)) return false;
        try
        {
            if (JsonSerializer.Deserialize<string?[]>(Base64Url.DecodeFromChars(text)) is not [{ } asked, var value, { Length: > 0 } id] || asked != question) return false;
            after = (value, id);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
