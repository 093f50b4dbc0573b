using System.Text.Json;
using Orleans.Storage;

namespace Crm.Clustering;

/// <summary>Documents are stored as plain JSON: an operator can read them, and no name of a type is in them.</summary>
internal sealed class DocumentSerializer : IGrainStorageSerializer
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    public BinaryData Serialize<T>(T? input) => new(JsonSerializer.SerializeToUtf8Bytes(input, s_json));

    public T? Deserialize<T>(BinaryData input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return JsonSerializer.Deserialize<T>(input.ToMemory().Span, s_json);
    }
}
