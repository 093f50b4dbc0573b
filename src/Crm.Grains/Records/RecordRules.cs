using System.Text.Json.Nodes;

namespace Crm.Records;

/// <summary>What a turn knows, for rules that have neither a clock nor a store.</summary>
/// <param name="Id">The record's id.</param>
/// <param name="Currency">The company's base currency.</param>
internal readonly record struct RuleTurn(string Id, ChangeCause Cause, DateTimeOffset Now, string Currency = Company.Currencies.Missing);

/// <summary>A record to be made in the transaction of another's change.</summary>
internal sealed record MadeRecord(string Kind, string Id, JsonObject Fields);

/// <summary>What a command of a kind's own comes to: the fields as they are to be, or why it is refused.</summary>
internal sealed record RecordDecision
{
    /// <summary>The record's fields after it; null when it is refused.</summary>
    public JsonObject? Fields { get; private init; }

    /// <summary>Records that are made with it, whole or not at all.</summary>
    public IReadOnlyList<MadeRecord> Made { get; init; } = [];

    /// <summary>True where the audit must not say what was there: it was of somebody who was erased.</summary>
    public bool IsSilent { get; init; }

    /// <summary>True for what events did: it is no edit, and nobody's who edits.</summary>
    public bool IsOfEvents { get; init; }

    /// <summary>Why it is refused, in words for a person.</summary>
    public string? Why { get; private init; }

    /// <summary>Arguments that cannot be used, by name.</summary>
    public IReadOnlyDictionary<string, string>? Errors { get; private init; }

    public static RecordDecision To(JsonObject fields) => new() { Fields = fields };

    public static RecordDecision Refuse(string why) => new() { Why = why };

    public static RecordDecision Bad(IReadOnlyDictionary<string, string> errors) => new() { Errors = errors };
}

/// <summary>What a kind of record adds to the rules of its fields: pure. One instance serves all records of the kind.</summary>
internal abstract class RecordRules
{
    /// <summary>What a record is called that was of a person who was erased.</summary>
    public const string Erased = "Erased";

    /// <summary>The kind that they are for.</summary>
    public abstract string Kind { get; }

    /// <summary>
    /// Completes the fields of a new record (<paramref name="before"/> is null) or of an edited one with what the CRM sets itself;
    /// what cannot be is named in <paramref name="errors"/>, by field.
    /// </summary>
    public virtual void Complete(JsonObject? before, JsonObject after, RuleTurn turn, IDictionary<string, string> errors)
    {
    }

    /// <summary>
    /// Asked before something is refused: rules that lean on settings look whether theirs are the newest. True when they were not, and
    /// the decision is to be made anew.
    /// </summary>
    public virtual Task<bool> Renew() => Task.FromResult(false);

    /// <summary>True for a command that is also done to records in the trash.</summary>
    public virtual bool IsForTrash(string command) => false;

    /// <summary>True for a command that makes the record where there is none.</summary>
    public virtual bool Begins(string command) => false;

    /// <summary>
    /// The person whom the record names was erased: the link goes, with the texts that were written of the person; what was sold, when
    /// and by whom stays.
    /// </summary>
    /// <param name="name">The field by which the record is known, which stays, but says nothing.</param>
    protected static RecordDecision Forget(JsonObject fields, string name, params IReadOnlyList<string> texts)
    {
        foreach (var text in texts.Append("customer")) fields.Remove(text);
        if (fields[name] is not null) fields[name] = Erased;
        return RecordDecision.To(fields) with { IsSilent = true };
    }

    /// <summary>Decides a command; null when the kind has none of that name.</summary>
    public virtual RecordDecision? Do(string command, JsonObject arguments, JsonObject fields, RuleTurn turn) => null;
}

/// <summary>The rules of all kinds that have any.</summary>
internal sealed class RecordRuleBook(IEnumerable<RecordRules> rules)
{
    private static readonly FieldsAlone s_none = new();

    private readonly Dictionary<string, RecordRules> _rules = rules.ToDictionary(r => r.Kind, StringComparer.Ordinal);

    /// <summary>The rules of a kind.</summary>
    public RecordRules Of(string kind) => _rules.GetValueOrDefault(kind, s_none);

    private sealed class FieldsAlone : RecordRules
    {
        public override string Kind => "";
    }
}
