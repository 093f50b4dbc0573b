using System.Text.Json.Nodes;

namespace Crm.Records;

/// <summary>Schemas, parameters and refusals that the endpoints of records share.</summary>
internal static class RecordComponents
{
    private static readonly JsonObject s_shared = (JsonObject)JsonNode.Parse("""
        {
          "schemas": {
            "Money": {"type": "object", "required": ["amount", "currency"], "properties": {
              "amount": {"type": ["string", "number"], "description": "With no more digits behind the point than the currency has."},
              "currency": {"type": "string", "description": "ISO 4217", "minLength": 3, "maxLength": 3}}},
            "Linked": {"type": ["string", "object", "null"], "description": "An id; with expand the record, or its id alone where it may not be read."}
          },
          "parameters": {
            "RecordId": {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
            "RecordExternalId": {"name": "externalId", "in": "path", "required": true, "schema": {"type": "string", "maxLength": 200}},
            "RecordFilter": {"name": "filter", "in": "query", "description": "The filter language.", "schema": {"type": "string", "maxLength": 4000}, "example": "createdAt > -30d and (owner = me or tags has \"vip\")"},
            "RecordSort": {"name": "sort", "in": "query", "description": "A field; - before it turns the order. Records without it come last.", "schema": {"type": "string", "default": "-createdAt"}},
            "RecordFields": {"name": "fields", "in": "query", "description": "Only these members, by commas; custom.NAME for one of your own.", "schema": {"type": "string"}, "example": "name,owner"},
            "RecordExpand": {"name": "expand", "in": "query", "description": "Links to be shown as the records that they name, by commas; at most 5.", "schema": {"type": "string"}, "example": "owner"},
            "RecordLimit": {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}},
            "RecordCursor": {"name": "cursor", "in": "query", "description": "The next of the page before, with the same filter, sort, q and trash.", "schema": {"type": "string"}},
            "RecordCount": {"name": "count", "in": "query", "description": "With how many there are.", "schema": {"type": "boolean", "default": false}},
            "RecordTrash": {"name": "trash", "in": "query", "description": "What lies in the trash instead.", "schema": {"type": "boolean", "default": false}},
            "RecordSearch": {"name": "q", "in": "query", "description": "Words that each stand somewhere in the names, in any script.", "schema": {"type": "string", "maxLength": 100}},
            "RecordFormat": {"name": "format", "in": "query", "required": true, "schema": {"type": "string", "enum": ["csv", "ndjson"]}},
            "RecordIfMatch": {"name": "If-Match", "in": "header", "description": "The ETag that was read; only recordVersion counts.", "schema": {"type": "string"}, "example": "\"3.17\""},
            "RecordIfNoneMatch": {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}, "example": "\"3.17\""},
            "RecordIdempotencyKey": {"name": "Idempotency-Key", "in": "header", "description": "The same request again does nothing and gets the same answer.", "schema": {"type": "string", "maxLength": 255}}
          },
          "responses": {
            "BadQuery": {"description": "A part of the request cannot be used.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"},
              "example": {"type": "urn:crm:problem:bad-filter", "title": "The filter cannot be used.", "status": 400, "detail": "filter, at 13: there is no field sise.", "at": 13}}}},
            "NotSignedIn": {"description": "Nobody is signed in, or the key is wrong.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"},
              "example": {"type": "urn:crm:problem:unauthorized", "title": "A valid key is needed.", "status": 401}}}},
            "NotAllowed": {"description": "The role does not allow it.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"},
              "example": {"type": "urn:crm:problem:read-only", "title": "Your role may not change these fields.", "status": 403, "detail": "Leave out price; an administrator can change what your role may do."}}}},
            "NoRecord": {"description": "There is no such record, or one may not see it.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"},
              "example": {"type": "urn:crm:problem:not-found", "title": "There is no such record.", "status": 404}}}},
            "Conflict": {"description": "Another record has what only one may have, or the record as it is does not allow it.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"},
              "example": {"type": "urn:crm:problem:taken", "title": "Another record has that.", "status": 409, "errors": {"externalId": ["externalId: Another company has it."]}}}}},
            "Stale": {"description": "Somebody changed it meanwhile: current is the record as it is, sent is the change that was not made.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"},
              "example": {"type": "urn:crm:problem:stale", "title": "Somebody changed it meanwhile.", "status": 412, "current": {"id": "co_1", "name": "Acme GmbH", "recordVersion": 4}, "sent": {"name": "Acme AG"}}}}},
            "BadFields": {"description": "Some fields cannot be used, or a list would take longer than two seconds.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"},
              "example": {"type": "urn:crm:problem:bad-fields", "title": "Some fields cannot be used.", "status": 422, "errors": {"name": ["name: It is needed."]}}}}},
            "Away": {"description": "The database or the silos are away, or it is not known whether it was stored: send the same request again.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"},
              "example": {"type": "urn:crm:problem:not-known", "title": "It is not known whether it was stored.", "status": 503}}}}
          }
        }
        """)!;

    /// <summary>What all kinds share, by part of the document.</summary>
    public static JsonObject Shared() => s_shared;

    /// <summary>A record as it is answered.</summary>
    public static JsonObject Record(RecordKind kind)
    {
        var properties = new JsonObject();
        foreach (var rule in kind.Rules) properties[rule.Field.Name] = Schema(rule, answered: true);
        properties[KindFields.Member] = Own();
        properties["recordVersion"] = new JsonObject { ["type"] = "integer", ["description"] = "Counts people's edits." };
        properties["version"] = new JsonObject { ["type"] = "integer", ["description"] = "Counts everything that changed it." };
        if (kind.IsLive) properties["profile"] = new JsonObject { ["type"] = new JsonArray("object", "null"), ["description"] = "The live profile, as GET /v1/customers/{id} answers it; of one record alone." };
        properties["deletedAt"] = new JsonObject { ["type"] = "string", ["format"] = "date-time" };
        return new JsonObject { ["type"] = "object", ["required"] = new JsonArray("id"), ["properties"] = properties };
    }

    /// <summary>What of a record can be written.</summary>
    public static JsonObject Fields(RecordKind kind)
    {
        var properties = new JsonObject();
        foreach (var rule in kind.Rules.Where(r => !r.IsSystem)) properties[rule.Field.Name] = Schema(rule, answered: false);
        properties[KindFields.Member] = Own();
        return new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
    }

    private static JsonObject Own() => new() { ["type"] = "object", ["description"] = "Fields of your own, by name: see /api/v1/fields.", ["additionalProperties"] = true };

    private static JsonObject Schema(FieldRule rule, bool answered) => rule.Field.Type switch
    {
        FieldType.Money => new JsonObject { ["$ref"] = "#/components/schemas/Money" },
        FieldType.Link or FieldType.User when answered => new JsonObject { ["$ref"] = "#/components/schemas/Linked" },
        FieldType.Number => Typed("number"),
        FieldType.Flag => Typed("boolean"),
        FieldType.Time => Typed("string", ("format", "date-time")),
        FieldType.Day => Typed("string", ("format", "date")),
        FieldType.Choice => Typed("string", ("enum", new JsonArray([.. rule.Field.Choices.Select(c => (JsonNode)c)]))),
        FieldType.Choices or FieldType.Texts => Typed("array", ("maxItems", rule.Max), ("items", new JsonObject { ["type"] = "string" })),
        FieldType.Part => new JsonObject { ["type"] = new JsonArray("object", "array", "null") },
        _ => Typed("string", ("maxLength", rule.Max)),
    };

    // Null takes a field away, and an answer leaves out what is not there.
    private static JsonObject Typed(string type, params (string Name, JsonNode Value)[] more)
    {
        var schema = new JsonObject { ["type"] = new JsonArray(type, "null") };
        if (more.Any(m => m.Name == "enum")) schema = new JsonObject { ["type"] = type };
        foreach (var (name, value) in more) schema[name] = value;
        return schema;
    }
}
