using System.Text.Json.Serialization;

namespace Crm.Privacy;

/// <summary>What a caller may say with the erasure of a customer.</summary>
internal sealed record ErasureRequest(bool Suppress = false, string Reason = "");

/// <summary>An erasure as it is answered. <paramref name="State"/> is the last step that is done; <c>done</c> comes with the receipt.</summary>
internal sealed record ErasureShown(
    Guid Id,
    string State,
    DateTimeOffset AskedAt,
    DateTimeOffset Deadline,
    DateTimeOffset? ErasedAt,
    DateTimeOffset? FinishedAt,
    string Reason,
    bool Suppress,
    IReadOnlyDictionary<string, long> Erased,
    ErasureReceipt? Receipt);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ErasureRequest))]
[JsonSerializable(typeof(ErasureShown))]
[JsonSerializable(typeof(ErasureReceipt))]
internal sealed partial class ErasureJson : JsonSerializerContext;
