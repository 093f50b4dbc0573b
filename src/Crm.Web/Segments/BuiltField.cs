using Crm.Records;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>A condition on a field of the customer.</summary>
public sealed class BuiltField(Field field) : BuiltPart
{
    public Field Field { get; } = field;

    /// <summary>One of <see cref="BuiltSigns.Of"/>.</summary>
    public string Sign { get; private set; } = BuiltSigns.Of(field.Type)[0];

    /// <summary>With what it is compared; null for what is missing yet.</summary>
    public List<FilterValue?> Values { get; } = [null];

    public override Filter? Filter
    {
        get
        {
            FilterValue[] there = [.. Values.OfType<FilterValue>()];
            return Sign switch
            {
                _ when Field.Name.EndsWith('.') || Field.Name.Any(c => !char.IsLetterOrDigit(c) && c is not ('_' or '$' or '.' or '-')) => null,
                BuiltSigns.Empty or BuiltSigns.Filled => Negated(new Filter.Empty(Field), Sign == BuiltSigns.Filled),
                _ when there.Length == 0 => null,
                BuiltSigns.Has or BuiltSigns.HasNot => Negated(new Filter.OneOf(Field, there[..1]), Sign == BuiltSigns.HasNot),
                BuiltSigns.In or BuiltSigns.NotIn => Negated(new Filter.OneOf(Field, there), Sign == BuiltSigns.NotIn),
                _ => Negated(new Filter.Is(Field, BuiltSigns.How(Sign), there[0]), Sign == BuiltSigns.IsNot),
            };
        }
    }

    /// <summary>Takes another sign; a value that does not go with it is missing then.</summary>
    public void Take(string sign)
    {
        Sign = sign;
        if (!BuiltSigns.IsList(sign) && Values.Count > 1) Values.RemoveRange(1, Values.Count - 1);
        if (Field.Type != FieldType.Any) return;
        for (var at = 0; at < Values.Count; at++) Values[at] = Literals.Fit(Values[at], sign);
    }

    /// <summary>A condition of another field: what goes with it is kept.</summary>
    public BuiltField Of(Field other)
    {
        var moved = new BuiltField(other);
        if (other.Type != Field.Type) return moved;
        moved.Sign = Sign;
        if (other.Choices.Count > 0 || Field.Choices.Count > 0) return moved;
        moved.Values.Clear();
        moved.Values.AddRange(Values);
        return moved;
    }

    /// <summary>A condition as it was read.</summary>
    public static BuiltField Of(Field field, string sign, IEnumerable<FilterValue> values)
    {
        var built = new BuiltField(field) { Sign = sign };
        built.Values.Clear();
        built.Values.AddRange(values);
        if (built.Values.Count == 0) built.Values.Add(null);
        return built;
    }
}
