using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Records.Filters;

/// <summary>Where a field stands in a kind's table: SQL of our own making, never a caller's text.</summary>
/// <param name="Sql">Its value.</param>
internal sealed record FieldColumn(string Sql)
{
    /// <summary>Of money: its currency.</summary>
    public string Currency { get; init; } = "";

    /// <summary>Of money: its worth in the base currency.</summary>
    public string Worth { get; init; } = "";

    /// <summary>What holds, too, wherever it is empty, and has an index; null for nothing known.</summary>
    public string? WhereEmpty { get; init; }

    /// <summary>Of several values that stand in a table of their own: what holds where one of those in <c>{0}</c> is there; null otherwise.</summary>
    public string? HasOneOf { get; init; }
}

/// <summary>
/// Writes a filter as a condition of a statement: columns come from the table of fields, values go as parameters. A negation is
/// <c>IS NOT TRUE</c>, so what SQL calls unknown is false, as the language has it.
/// </summary>
internal sealed class FilterSql(NpgsqlCommand command, Func<Field, FieldColumn> columns)
{
    /// <summary>The condition, in parentheses where it needs them.</summary>
    public string Of(Filter filter) => filter switch
    {
        Filter.All { Parts.Count: 0 } => "TRUE",
        Filter.All all => Joined(all.Parts, " AND "),
        Filter.Any any => Joined(any.Parts, " OR "),
        Filter.Not not => $"({Of(not.Part)}) IS NOT TRUE",
        Filter.Is compare => Compared(compare, columns(compare.Field)),
        Filter.OneOf some => Some(some, columns(some.Field)),
        Filter.Empty empty => Empty(empty.Field, columns(empty.Field)),
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter.GetType().Name, "No such filter."),
    };

    /// <summary>A pattern of LIKE that finds a text itself.</summary>
    public static string Literal(string text)
    {
        var pattern = new StringBuilder(text.Length + 8);
        foreach (var sign in text)
        {
            if (sign is '%' or '_' or '\\') pattern.Append('\\');
            pattern.Append(sign);
        }

        return pattern.ToString();
    }

    private string Joined(IReadOnlyList<Filter> parts, string by) => "(" + string.Join(by, parts.Select(Of)) + ")";

    private string Compared(Filter.Is compare, FieldColumn column) => (compare.Field.Type, compare.Value) switch
    {
        (FieldType.Text or FieldType.Id, FilterValue.Text text) => Text(column.Sql, compare.How, text.Value, compare.Field.Type == FieldType.Text),
        (FieldType.Money, FilterValue.Number { Currency: null } worth) => $"{column.Worth} {Sign(compare.How)} {Numeric(worth.Value)}",
        (FieldType.Money, FilterValue.Number amount) =>
            $"({column.Currency} = {Parameter(NpgsqlDbType.Text, amount.Currency!)} AND {column.Sql} {Sign(compare.How)} {Numeric(amount.Value)})",
        (_, FilterValue.Number number) => $"{column.Sql} {Sign(compare.How)} {Numeric(number.Value)}",
        (_, FilterValue.Flag flag) => $"{column.Sql} = {Parameter(NpgsqlDbType.Boolean, flag.Value)}",
        (_, FilterValue.Text text) => $"{column.Sql} = {Parameter(NpgsqlDbType.Text, text.Value)}",
        (_, FilterValue.Times times) => Times(column.Sql, compare.How, times),
        (_, FilterValue.Days days) => Days(column.Sql, compare.How, days),
        _ => throw new ArgumentOutOfRangeException(nameof(compare), compare.Value.GetType().Name, "No such value."),
    };

    private string Text(string sql, Comparison how, string text, bool anyCase) => how switch
    {
        Comparison.Contains => $"{sql} {(anyCase ? "ILIKE" : "LIKE")} {Parameter(NpgsqlDbType.Text, "%" + Literal(text) + "%")}",
        Comparison.Begins => $"{sql} {(anyCase ? "ILIKE" : "LIKE")} {Parameter(NpgsqlDbType.Text, Literal(text) + "%")}",
        _ when anyCase => $"lower({sql}) {Sign(how)} lower({Parameter(NpgsqlDbType.Text, text)})",
        _ => $"{sql} {Sign(how)} {Parameter(NpgsqlDbType.Text, text)}",
    };

    private string Times(string sql, Comparison how, FilterValue.Times times)
    {
        if (times.IsMoment) return $"{sql} {Sign(how)} {Time(times.From)}";
        return how switch
        {
            Comparison.Less => $"{sql} < {Time(times.From)}",
            Comparison.LessOrEqual => $"{sql} < {Time(times.Before)}",
            Comparison.More => $"{sql} >= {Time(times.Before)}",
            Comparison.MoreOrEqual => $"{sql} >= {Time(times.From)}",
            _ => $"({sql} >= {Time(times.From)} AND {sql} < {Time(times.Before)})",
        };
    }

    private string Days(string sql, Comparison how, FilterValue.Days days) => how switch
    {
        Comparison.Less => $"{sql} < {Day(days.First)}",
        Comparison.LessOrEqual => $"{sql} <= {Day(days.Last)}",
        Comparison.More => $"{sql} > {Day(days.Last)}",
        Comparison.MoreOrEqual => $"{sql} >= {Day(days.First)}",
        _ => $"({sql} >= {Day(days.First)} AND {sql} <= {Day(days.Last)})",
    };

    private string Some(Filter.OneOf some, FieldColumn column)
    {
        var texts = some.Values.OfType<FilterValue.Text>().Select(t => t.Value).ToArray();
        return some.Field.Type switch
        {
            FieldType.Choices or FieldType.Texts when column.HasOneOf is { } has => has.Replace("{0}", Parameter(NpgsqlDbType.Array | NpgsqlDbType.Text, texts), StringComparison.Ordinal),
            FieldType.Choices or FieldType.Texts => $"{column.Sql} && {Parameter(NpgsqlDbType.Array | NpgsqlDbType.Text, texts)}",
            FieldType.Id or FieldType.Choice or FieldType.User => $"{column.Sql} = ANY({Parameter(NpgsqlDbType.Array | NpgsqlDbType.Text, texts)})",
            _ => "(" + string.Join(" OR ", some.Values.Select(v => Compared(new Filter.Is(some.Field, Comparison.Equal, v), column))) + ")",
        };
    }

    private static string Empty(Field field, FieldColumn column) =>
        field.Type is FieldType.Choices or FieldType.Texts ? $"coalesce(cardinality({column.Sql}), 0) = 0" : $"{column.Sql} IS NULL";

    private static string Sign(Comparison how) => how switch
    {
        Comparison.Less => "<",
        Comparison.LessOrEqual => "<=",
        Comparison.More => ">",
        Comparison.MoreOrEqual => ">=",
        _ => "=",
    };

    private string Numeric(decimal value) => Parameter(NpgsqlDbType.Numeric, value);

    private string Time(DateTimeOffset value) => Parameter(NpgsqlDbType.TimestampTz, value.UtcDateTime);

    private string Day(DateOnly value) => Parameter(NpgsqlDbType.Date, value);

    private string Parameter(NpgsqlDbType type, object value)
    {
        command.With(type, value);
        return $"${command.Parameters.Count}";
    }
}
