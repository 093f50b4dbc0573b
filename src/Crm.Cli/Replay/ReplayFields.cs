using Crm.CommandLine;

namespace Crm.Replay;

/// <summary>The fields of a mapping that the replay knows by name; all others become properties of the event.</summary>
internal sealed class ReplayFields
{
    private static readonly HashSet<string> Known =
        ["customer", "visitor", "date", "order", "amount", "product", "price", "quantity", "currency", "name", "event"];

    /// <summary>Properties that are numbers in the e-commerce events; they are sent as numbers where a cell holds one.</summary>
    private static readonly HashSet<string> NumberProperties =
        ["price", "quantity", "amount", "value", "revenue", "total", "subtotal", "shipping", "tax", "discount", "rating", "position"];

    private readonly IReadOnlyDictionary<string, Expression> _fields;

    private ReplayFields(IReadOnlyDictionary<string, Expression> fields) => _fields = fields;

    /// <summary>Who it was: the user, or with <see cref="IsVisitor"/> the visitor.</summary>
    public Expression Customer => _fields.TryGetValue("customer", out var customer) ? customer : _fields["visitor"];

    /// <summary>True when the ids are of visitors (anonymousId).</summary>
    public bool IsVisitor => !_fields.ContainsKey("customer");

    public Expression Date => _fields["date"];

    public Expression? this[string name] => _fields.GetValueOrDefault(name);

    /// <summary>The fields that become properties as they are named.</summary>
    public IEnumerable<KeyValuePair<string, Expression>> Properties => _fields.Where(f => !Known.Contains(f.Key));

    /// <summary>True when a property is sent as a number: arithmetic, or a field that is a number by its meaning.</summary>
    public static bool IsNumber(string property, Expression value) => value.IsArithmetic || NumberProperties.Contains(property);

    /// <exception cref="UsageException">A field is missing that the kind needs.</exception>
    public static ReplayFields Create(string map, IReadOnlyList<string> columns, ReplayKind kind)
    {
        var fields = ExpressionParser.ParseMap(map, columns);
        if (fields.ContainsKey("customer") == fields.ContainsKey("visitor"))
            throw new UsageException("--map needs customer= (or visitor= for anonymous ids), one of both.");
        IReadOnlyList<string> needed = kind == ReplayKind.Transactions ? ["date", "amount"] : ["date", "event"];
        foreach (var name in needed)
        {
            if (!fields.ContainsKey(name)) throw new UsageException($"--map needs {name}= for {kind.ToString().ToLowerInvariant()}.");
        }

        return new ReplayFields(fields);
    }
}

/// <summary>What the rows of a file are.</summary>
internal enum ReplayKind
{
    /// <summary>Lines of orders: one event per order.</summary>
    Transactions,

    /// <summary>Things people did: one event per row.</summary>
    Clicks,
}
