using System.Text.Json;

namespace Crm.Customers;

/// <summary>The members of an event's JSON that the profile reads. Of members with the same name the last one counts.</summary>
internal ref struct EventBody
{
    /// <summary>Deepest nesting that is read. Deeper bodies are counted as events without properties.</summary>
    public const int MaxDepth = 128;

    public JsonValue Properties { get; private set; }

    public JsonValue Traits { get; private set; }

    public JsonValue GroupId { get; private set; }

    public JsonValue Context { get; private set; }

    /// <summary>False, with nothing read, for a body that is no JSON object.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, out EventBody body)
    {
        body = default;
        try
        {
            var members = new JsonMembers(json);
            if (!members.IsObject) return false;
            while (members.Next()) body.Assign(members.Name, members.Value);
            members.Finish();
            return true;
        }
        catch (JsonException)
        {
            body = default;
            return false;
        }
    }

    /// <summary>Traits of an identify: its own, or, where it has none, those that some clients put into the context.</summary>
    public readonly JsonValue IdentifyTraits()
    {
        if (!Traits.IsMissing || Context.Kind != JsonTokenType.StartObject) return Traits;
        var found = default(JsonValue);
        var members = new JsonMembers(Context.Raw);
        while (members.Next())
        {
            if (members.Name.SequenceEqual("traits"u8)) found = members.Value;
        }

        return found;
    }

    private void Assign(scoped ReadOnlySpan<byte> name, scoped in JsonValue value)
    {
        switch (name.Length)
        {
            case 6 when name.SequenceEqual("traits"u8):
                Traits = value;
                break;
            case 7 when name.SequenceEqual("context"u8):
                Context = value;
                break;
            case 7 when name.SequenceEqual("groupId"u8):
                GroupId = value;
                break;
            case 10 when name.SequenceEqual("properties"u8):
                Properties = value;
                break;
        }
    }
}
