using System.Text.Json.Nodes;

namespace Crm.Records;

/// <summary>The description of the endpoints that all kinds of records have, made of the kinds themselves, so that it cannot differ from them.</summary>
internal static class RecordDescription
{
    // A whole request of each kind, as it can be sent.
    private static readonly Dictionary<string, string> s_examples = new()
    {
        ["customer"] = """{"givenName":"小明","familyName":"王","language":"zh","emails":["ming@example.org"],"phones":["+86 10 6552 9988"],"tags":["vip"],"birthday":"1990-05-01","externalId":"erp-1001","addresses":[{"label":"home","city":"北京"}]}""",
        ["company"] = """{"name":"Acme Ltd","domain":"acme.example","industry":"Retail","size":120,"tags":["vip"],"externalId":"erp-1001","address":{"city":"Berlin","country":"DE"}}""",
        ["lead"] = """{"name":"Ada Wong","company":"Acme Ltd","email":"ada@acme.example","phone":"+49 30 1234567","status":"new","source":"fair"}""",
        ["deal"] = """{"name":"Acme: 100 seats","amount":{"amount":"12000.00","currency":"EUR"},"closeDate":"2026-12-31"}""",
        ["product"] = """{"name":"Green tea","price":{"amount":"10.00","currency":"EUR"},"taxRate":7,"status":"active"}""",
        ["activity"] = """{"type":"message","direction":"in","channel":"email","subject":"Re: Offer","from":"Ada Wong <ada@acme.example>","to":["sales@example.org"],"at":"2026-05-01T10:00:00Z","body":"We take it.","html":"<p>We <b>take</b> it.</p>","externalId":"<5f1c0a9b@acme.example>"}""",
        ["task"] = """{"subject":"Send the offer","due":"2026-05-04T09:00:00Z","priority":"high"}""",
        ["order"] = """{"currency":"EUR","lines":[{"name":"Green tea","quantity":3,"price":"10.00","discountPercent":10,"taxRate":7}]}""",
    };

    private static readonly Dictionary<string, string> s_commands = new()
    {
        ["pay"] = """{"amount":"12.84"}""", ["refund"] = """{"amount":"5.00","reason":"It came broken."}""", ["cancel"] = "{}",
        ["merge"] = """{"into":"u:ada"}""", ["unmerge"] = """{"source":"a:laptop-1"}""",
    };

    /// <summary>A body that makes a record of the kind.</summary>
    public static JsonObject Example(RecordKind kind) => (JsonObject)JsonNode.Parse(s_examples.GetValueOrDefault(kind.Name)
        ?? new JsonObject(kind.Rules.Where(r => r.Required).Select(r => KeyValuePair.Create(r.Field.Name, (JsonNode?)$"A {kind.Name}"))).ToJsonString())!;

    /// <summary>Adds paths, tags and components of all kinds to a document.</summary>
    /// <param name="shared">What all kinds and endpoints share, by part of the document.</param>
    public static void AddTo(JsonObject document, JsonObject shared)
    {
        var (paths, tags) = ((JsonObject)document["paths"]!, (JsonArray)document["tags"]!);
        foreach (var part in (string[])["schemas", "parameters", "responses"])
        {
            var there = document["components"]![part] as JsonObject ?? [];
            foreach (var (name, value) in (JsonObject)shared[part]!) there[name] = value?.DeepClone();
            if (there.Parent is null) document["components"]![part] = there;
        }

        foreach (var kind in RecordKind.All)
        {
            tags.Add(new JsonObject { ["name"] = Title(kind.Plural), ["description"] = $"Records of the kind {kind.Name}, under the rule of access." });
            document["components"]!["schemas"]![Title(kind.Name)] = RecordComponents.Record(kind);
            document["components"]!["schemas"]![Title(kind.Name) + "Fields"] = RecordComponents.Fields(kind);
            foreach (var (path, item) in Paths(kind)) paths[path] = item;
        }
    }

    private static IEnumerable<(string Path, JsonObject Item)> Paths(RecordKind kind)
    {
        var (all, name, example) = ("/api/v1/" + kind.Plural, Title(kind.Name), Example(kind));
        yield return (all, new JsonObject
        {
            ["get"] = Operation(kind, "list" + Title(kind.Plural), $"Lists {kind.Plural}", ["Filter", "Sort", "Fields", "Expand", "Limit", "Cursor", "Count", "Sum", "Trash", "Search"], ("200", Page(name))),
            ["post"] = Operation(kind, "create" + name, $"Makes a {kind.Name}", ["IdempotencyKey"], ("201", One(name)), Json(New(kind, name), (JsonObject)example.DeepClone())),
        });
        yield return (all + "/export", new JsonObject
        {
            ["get"] = Operation(kind, "export" + Title(kind.Plural), $"Takes {kind.Plural} out as CSV or lines of JSON; it is noted in the audit", ["Format", "Filter", "Sort", "Fields", "Search", "Trash"], ("200", Export())),
        });
        yield return (all + "/by-external-id/{externalId}", new JsonObject
        {
            ["put"] = Operation(kind, "upsert" + name, $"Changes the {kind.Name} that has the external id, or makes it", ["ExternalId", "IdempotencyKey", "IfMatch"], ("200", One(name)), Body(name, example)),
        });
        yield return (all + "/{id}", new JsonObject
        {
            ["get"] = kind.LiveMember is { } live
                ? Operation(kind, "get" + name, $"A {kind.Name} with its {live}, at least as new as minPosition", ["Id", "Fields", "Expand", "Trash", "MinPosition", "IfNoneMatch"], ("200", One(name)))
                : Operation(kind, "get" + name, $"A {kind.Name}", ["Id", "Fields", "Expand", "Trash", "IfNoneMatch"], ("200", One(name))),
            ["patch"] = Operation(kind, "change" + name, $"Changes a {kind.Name} by a merge-patch: null takes a field away", ["Id", "IfMatch", "IdempotencyKey"], ("200", One(name)), Body(name, new JsonObject { ["tags"] = new JsonArray("vip") })),
            ["delete"] = Operation(kind, "delete" + name, $"Puts a {kind.Name} into the trash", ["Id", "IfMatch"], ("204", new JsonObject { ["description"] = "It is in the trash." })),
        });
        yield return (all + "/{id}/restore", new JsonObject
        {
            ["post"] = Operation(kind, "restore" + name, $"Takes a {kind.Name} out of the trash", ["Id", "IfMatch", "IdempotencyKey"], ("200", One(name))),
        });
        foreach (var command in kind.Commands)
        {
            yield return ($"{all}/{{id}}/{command}", new JsonObject
            {
                ["post"] = Operation(kind, command + name, $"{Title(command)}: a command of its own", ["Id", "IfMatch", "IdempotencyKey"], ("200", One(name)),
                    Json(Arguments(command), (JsonObject)JsonNode.Parse(s_commands.GetValueOrDefault(command, "{}"))!)),
            });
        }
    }

    private static JsonObject Operation(
        RecordKind kind, string id, string summary, string[] parameters, (string Status, JsonObject Answer) done, JsonObject? body = null)
    {
        var responses = new JsonObject { [done.Status] = done.Answer };
        foreach (var (status, name) in new[] { ("400", "BadQuery"), ("401", "NotSignedIn"), ("403", "NotAllowed"), ("404", "NoRecord"), ("409", "Conflict"), ("412", "Stale"), ("422", "BadFields"), ("503", "Away") })
            responses[status] = new JsonObject { ["$ref"] = "#/components/responses/" + name };
        var operation = new JsonObject
        {
            ["tags"] = new JsonArray(Title(kind.Plural)),
            ["operationId"] = id,
            ["summary"] = summary,
            ["parameters"] = new JsonArray([.. parameters.Select(p => (JsonNode)new JsonObject { ["$ref"] = "#/components/parameters/Record" + p })]),
            ["responses"] = responses,
        };
        if (body is not null) operation["requestBody"] = body;
        return operation;
    }

    private static JsonObject New(RecordKind kind, string name)
    {
        var needed = kind.Rules.Where(r => r.Required).Select(r => (JsonNode)r.Field.Name).ToArray();
        return needed.Length == 0 ? Ref(name + "Fields") : new JsonObject { ["allOf"] = new JsonArray(Ref(name + "Fields"), new JsonObject { ["required"] = new JsonArray(needed) }) };
    }

    private static JsonObject Arguments(string command) => command switch
    {
        "pay" => Object(new JsonObject { ["amount"] = Amount("All that is not paid yet, where it is left out.") }),
        "refund" => Object(new JsonObject { ["amount"] = Amount("All that is left, where it is left out."), ["reason"] = new JsonObject { ["type"] = "string", ["maxLength"] = 500 } }),
        "merge" => Object(new JsonObject { ["into"] = new JsonObject { ["type"] = "string", ["description"] = "The customer who stays." } }),
        "unmerge" => Object(new JsonObject { ["source"] = new JsonObject { ["type"] = "string", ["description"] = "The customer who was merged." } }),
        _ => Object([]),
    };

    private static JsonObject Amount(string what) => new()
    {
        ["description"] = what, ["anyOf"] = new JsonArray(Ref("Money"), new JsonObject { ["type"] = new JsonArray("string", "number") }),
    };

    private static JsonObject Object(JsonObject properties) => new() { ["type"] = "object", ["properties"] = properties };

    private static JsonObject Body(string name, JsonObject example) => Json(Ref(name + "Fields"), (JsonObject)example.DeepClone());

    private static JsonObject Json(JsonObject schema, JsonObject example) => new()
    {
        ["required"] = true,
        ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = schema, ["example"] = example } },
    };

    private static JsonObject One(string name) => new()
    {
        ["description"] = "The record, with its ETag.",
        ["headers"] = new JsonObject { ["ETag"] = new JsonObject { ["description"] = "\"recordVersion.version\"", ["schema"] = new JsonObject { ["type"] = "string" } } },
        ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = Ref(name) } },
    };

    private static JsonObject Page(string name) => new()
    {
        ["description"] = "A page.",
        ["content"] = new JsonObject
        {
            ["application/json"] = new JsonObject
            {
                ["schema"] = new JsonObject
                {
                    ["type"] = "object",
                    ["required"] = new JsonArray("items", "next"),
                    ["properties"] = new JsonObject
                    {
                        ["items"] = new JsonObject { ["type"] = "array", ["items"] = Ref(name) },
                        ["next"] = new JsonObject { ["type"] = new JsonArray("string", "null"), ["description"] = "The cursor of the next page; null on the last one." },
                        ["count"] = new JsonObject { ["type"] = "integer" },
                        ["sum"] = new JsonObject
                        {
                            ["type"] = "object",
                            ["properties"] = new JsonObject
                            {
                                ["amount"] = new JsonObject { ["type"] = "string" }, ["currency"] = new JsonObject { ["type"] = "string" }, ["withoutWorth"] = new JsonObject { ["type"] = "integer" },
                            },
                        },
                    },
                },
            },
        },
    };

    private static JsonObject Export() => new()
    {
        ["description"] = "All that was asked for.",
        ["content"] = new JsonObject
        {
            ["text/csv"] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string" } },
            ["application/x-ndjson"] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string" } },
        },
    };

    private static JsonObject Ref(string schema) => new() { ["$ref"] = "#/components/schemas/" + schema };

    private static string Title(string name) => char.ToUpperInvariant(name[0]) + name[1..];
}
