using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Hosting;

namespace Crm.Records;

/// <summary>The fields of a kind that who asks may see: what is hidden is not there, in no place.</summary>
internal sealed class SeenFields(KindFields all, KindRights rights) : IFields
{
    /// <inheritdoc/>
    public IEnumerable<string> Names => all.Names.Where(n => !rights.Hidden.Contains(n));

    /// <summary>Their rules.</summary>
    public IEnumerable<FieldRule> Rules => all.Rules.Where(r => !rights.Hidden.Contains(r.Field.Name));

    /// <inheritdoc/>
    public Field? Find(string name) => Rule(name)?.Field;

    /// <summary>The rule of a field; null when there is none.</summary>
    public FieldRule? Rule(string name) => rights.Hidden.Contains(name) ? null : all.Rule(name);

    /// <summary>What of a body's fields may not be written; null when nothing is.</summary>
    public Problem? Refusal(JsonObject body)
    {
        var names = body.Select(m => m.Key).Where(n => n != KindFields.Member)
            .Concat((body[KindFields.Member] as JsonObject)?.Select(m => CustomField.Prefix + m.Key) ?? []).ToArray();
        if (names.Where(n => rights.ReadOnly.Contains(n) && !rights.Hidden.Contains(n)).ToArray() is { Length: > 0 } kept)
        {
            return new Problem(
                StatusCodes.Status403Forbidden, "read-only", "Your role may not change these fields.", $"Leave out {string.Join(", ", kept)}; an administrator can change what your role may do.")
            {
                Errors = kept.ToDictionary(n => n, n => new[] { $"{n}: Your role may not change it." }),
            };
        }

        var unknown = names.Where(n => rights.Hidden.Contains(n) || (IsOwn(n) && all.Rule(n) is null)).ToDictionary(n => n, n => $"{n}: There is no such field.");
        return unknown.Count > 0 ? RecordRequests.BadFields(unknown) : null;
    }

    private static bool IsOwn(string name) => name.StartsWith(CustomField.Prefix, StringComparison.Ordinal);
}

/// <summary>Fields as a request sees them.</summary>
internal static class RequestFields
{
    /// <summary>The fields of a kind as they are now.</summary>
    public static KindFields Fields(this HttpContext context, string kind) =>
        context.RequestServices.GetRequiredService<ICustomFields>().Of(RecordKind.Named(kind)!);

    /// <summary>What of a body may not be written; a field that another process made a moment ago is looked for.</summary>
    public static async Task<Problem?> Refusal(this HttpContext context, RecordKind kind, JsonObject body)
    {
        var known = context.Fields(kind.Name);
        if (context.Seen(kind).Refusal(body) is not { } refusal) return null;
        await context.RequestServices.GetRequiredService<ICustomFields>().Renew(context.RequestAborted);
        return ReferenceEquals(known, context.Fields(kind.Name)) ? refusal : context.Seen(kind).Refusal(body);
    }

    /// <summary>Those that who asks may see.</summary>
    public static SeenFields Seen(this HttpContext context, RecordKind kind) => new(context.Fields(kind.Name), context.Actor().Of(kind.Name));
}
