using System.Text.Json;
using Crm.Clickstream;

namespace Crm.Customers;

/// <summary>Ids that events tell of beside userId and anonymousId.</summary>
internal sealed partial class CustomerProfile
{
    /// <summary>Ids of one event that are read; the rest is left out.</summary>
    private const int MaxIdsOfEvent = 20;

    /// <summary><c>context.externalIds</c> and <c>context.device</c>, on any call.</summary>
    private void FoldIds(BehaviourEvent happened, long at)
    {
        // Few events have them, and most bodies are read for nothing else.
        var json = happened.Body.Span;
        if (json.IndexOf("\"externalIds\""u8) < 0 && json.IndexOf("\"device\""u8) < 0) return;
        if (!EventBody.TryRead(json, out var body) || body.Context.Kind != JsonTokenType.StartObject) return;
        var members = new JsonMembers(body.Context.Raw);
        while (members.Next())
        {
            var value = members.Value;
            if (value.Kind == JsonTokenType.StartArray && members.Name.SequenceEqual("externalIds"u8)) FoldExternalIds(value, happened.FromServer, at);
            else if (value.Kind == JsonTokenType.StartObject && members.Name.SequenceEqual("device"u8)) FoldDevice(value, happened.FromServer, at);
        }
    }

    private void FoldExternalIds(in JsonValue list, bool told, long at)
    {
        var reader = new Utf8JsonReader(list.Raw, new JsonReaderOptions { MaxDepth = EventBody.MaxDepth });
        reader.Read();
        for (var left = MaxIdsOfEvent; left > 0 && reader.Read() && reader.TokenType != JsonTokenType.EndArray; left--)
        {
            var item = JsonMembers.Take(ref reader, list.Raw);
            if (item.Kind == JsonTokenType.StartObject) FoldExternalId(item, told, at);
        }
    }

    private void FoldExternalId(in JsonValue item, bool told, long at)
    {
        string? id = null, type = null, collection = null, encoding = null;
        var members = new JsonMembers(item.Raw);
        while (members.Next())
        {
            var value = members.Value;
            if (members.Name.SequenceEqual("id"u8)) id = value.Text(CustomerId.MaxLength);
            else if (members.Name.SequenceEqual("type"u8)) type = value.Text(ExternalId.MaxKindLength);
            else if (members.Name.SequenceEqual("collection"u8)) collection = value.Text(ExternalId.MaxKindLength);
            else if (members.Name.SequenceEqual("encoding"u8)) encoding = value.Text(ExternalId.MaxKindLength);
        }

        // Those two name a person by the event's own members alone; other collections are of companies.
        if (type is null or ExternalIdKinds.UserId or ExternalIdKinds.AnonymousId) return;
        if (collection is null or "users" && encoding is null or "none") SeenByName(type, id, told, at);
    }

    private void FoldDevice(in JsonValue device, bool told, long at)
    {
        string? id = null, type = null, advertising = null, token = null;
        var members = new JsonMembers(device.Raw);
        while (members.Next())
        {
            var value = members.Value;
            if (members.Name.SequenceEqual("id"u8)) id = value.Text(CustomerId.MaxLength);
            else if (members.Name.SequenceEqual("type"u8)) type = value.Text(ExternalId.MaxKindLength);
            else if (members.Name.SequenceEqual("advertisingId"u8)) advertising = value.Text(CustomerId.MaxLength);
            else if (members.Name.SequenceEqual("token"u8)) token = value.Text(CustomerId.MaxLength);
        }

        var system = type?.ToLowerInvariant();
        if (system is not ("ios" or "android"))
        {
            SeenByName("device_id", id, told, at);
            return;
        }

        SeenByName(system + ".id", id, told, at);
        SeenByName(system + ".idfa", advertising, told, at);
        SeenByName(system + ".push_token", token, told, at);
    }

    private void SeenByName(string kind, string? id, bool told, long at)
    {
        if (id is null || !ExternalId.IsKind(kind) || ExternalId.Of(kind, id) is null) return;
        _externalIds.Seen(TextPool.Get(kind), id, at, told);
    }
}
