using System.Text;
using System.Text.Json;

namespace Crm.Privacy;

/// <summary>Whether refused input names a person: it may be anything, so its JSON is read as far as it goes, then its bytes.</summary>
internal sealed class Mentions(IReadOnlyList<string> texts)
{
    /// <summary>Shorter texts are looked for in quotes only where the input is no JSON: as bytes they would be found in anything.</summary>
    private const int PlainLength = 6;

    private readonly byte[][] _texts = [.. texts.Select(Encoding.UTF8.GetBytes)];
    private readonly byte[][] _bytes =
        [.. texts.Select(text => Encoding.UTF8.GetBytes(text.Length >= PlainLength ? text : JsonSerializer.Serialize(text)))];

    public bool In(ReadOnlySpan<byte> input)
    {
        try
        {
            var reader = new Utf8JsonReader(input, new JsonReaderOptions { MaxDepth = 1_000 });
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && Equals(ref reader)) return true;
                if (reader.TokenType == JsonTokenType.Number && IsText(reader.ValueSpan)) return true;
            }

            return false;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            foreach (var bytes in _bytes)
                if (input.IndexOf(bytes) >= 0) return true;
            return false;
        }
    }

    private bool Equals(ref Utf8JsonReader reader)
    {
        foreach (var text in _texts)
            if (reader.ValueTextEquals(text)) return true;
        return false;
    }

    private bool IsText(ReadOnlySpan<byte> number)
    {
        foreach (var text in _texts)
            if (number.SequenceEqual(text)) return true;
        return false;
    }
}
