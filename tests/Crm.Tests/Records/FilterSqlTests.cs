using System.Globalization;
using Crm.Infrastructure;
using Crm.Records.Filters;
using Npgsql;
using NpgsqlTypes;
using Xunit;

namespace Crm.Records;

/// <summary>What PostgreSQL finds by a filter is what the language says, over random rows and filters.</summary>
public sealed class FilterSqlTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private const int Rows = 120;
    private const int Filters = 400;

    private static readonly string[] s_texts = ["Ada", "ada", "ÄDA", "100%", "a_b", "a\\b", "张三", "张", "O'Hara", ""];
    private static readonly DateTimeOffset s_epoch = DateTimeOffset.Parse("2026-05-01T00:00:00Z", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_database_and_the_language_agree(int seed)
    {
        var random = new Random(seed);
        var rows = Enumerable.Range(0, Rows).Select(i => Row.Random(i, random)).ToArray();
        var table = "filtered_" + seed.ToString(CultureInfo.InvariantCulture);
        await Store(table, rows);

        for (var at = 0; at < Filters; at++)
        {
            var filter = RandomFilter(random, 3);
            Assert.Equal(rows.Where(r => Oracle.Holds(filter, r)).Select(r => r.Number), await Found(table, filter));
        }
    }

    [Fact]
    public async Task A_text_is_never_read_as_a_pattern_or_as_SQL()
    {
        var rows = s_texts.Select((t, i) => Row.Random(i, new Random(i)) with { Name = t }).ToArray();
        await Store("filtered_texts", rows);
        foreach (var text in s_texts.Append("'; drop table filtered_texts; --"))
        {
            var filter = new Filter.Is(new Field("name", FieldType.Text), Comparison.Contains, new FilterValue.Text(text));
            Assert.Equal(rows.Where(r => Oracle.Holds(filter, r)).Select(r => r.Number), await Found("filtered_texts", filter));
        }
    }

    private static FieldColumn Column(Field field) => field.Type == FieldType.Money
        ? new FieldColumn("amount") { Currency = "currency", Worth = "worth" }
        : new FieldColumn($"\"{field.Name}\"");

    private async Task<IReadOnlyList<int>> Found(string table, Filter filter)
    {
        await using var command = database.Source.CreateCommand();
        command.CommandText = $"SELECT number FROM {table} WHERE {new FilterSql(command, Column).Of(filter)} ORDER BY number";
        await using var found = await command.ExecuteReaderAsync();
        var numbers = new List<int>();
        while (await found.ReadAsync()) numbers.Add(found.GetInt32(0));
        return numbers;
    }

    private async Task Store(string table, Row[] rows)
    {
        await using var make = database.Source.CreateCommand($"""
            CREATE TABLE {table} (number int, name text, id text, size numeric, amount numeric, currency text, worth numeric, hot boolean,
              created timestamptz, due date, stage text, tags text[], owner text)
            """);
        await make.ExecuteNonQueryAsync();
        foreach (var row in rows)
        {
            await using var insert = database.Source.CreateCommand($"INSERT INTO {table} VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)");
            insert.With(NpgsqlDbType.Integer, row.Number).With(NpgsqlDbType.Text, row.Name).With(NpgsqlDbType.Text, row.Id)
                .With(NpgsqlDbType.Numeric, row.Size).With(NpgsqlDbType.Numeric, row.Amount).With(NpgsqlDbType.Text, row.Currency)
                .With(NpgsqlDbType.Numeric, row.Worth).With(NpgsqlDbType.Boolean, row.Hot).With(NpgsqlDbType.TimestampTz, row.Created?.UtcDateTime)
                .With(NpgsqlDbType.Date, row.Due).With(NpgsqlDbType.Text, row.Stage).With(NpgsqlDbType.Array | NpgsqlDbType.Text, row.Tags)
                .With(NpgsqlDbType.Text, row.Owner);
            await insert.ExecuteNonQueryAsync();
        }
    }

    internal static Filter RandomFilter(Random random, int depth, Func<Field, bool>? only = null) => (depth == 0 ? 3 : random.Next(6)) switch
    {
        0 => new Filter.All([.. Enumerable.Range(0, random.Next(3)).Select(_ => RandomFilter(random, depth - 1, only))]),
        1 => new Filter.Any([.. Enumerable.Range(0, 1 + random.Next(2)).Select(_ => RandomFilter(random, depth - 1, only))]),
        2 => new Filter.Not(RandomFilter(random, depth - 1, only)),
        _ => Leaf(random, only),
    };

    private static Filter Leaf(Random random, Func<Field, bool>? only)
    {
        var fields = TestFields.Instance.All.Where(f => Row.Knows(f) && only?.Invoke(f) is not false).ToArray();
        var field = fields[random.Next(fields.Length)];
        if (random.Next(6) == 0) return new Filter.Empty(field);
        if (field.Type == FieldType.Choices || random.Next(5) == 0)
            return new Filter.OneOf(field, [.. Enumerable.Range(0, 1 + random.Next(3)).Select(_ => Value(field, random))]);
        Comparison[] all = [.. Enum.GetValues<Comparison>().Where(c => FilterTypes.Allows(field.Type, c))];
        var how = all[random.Next(all.Length)];

        // Which letter comes first is the database's own affair.
        if (field.Type == FieldType.Text && how is Comparison.Less or Comparison.LessOrEqual or Comparison.More or Comparison.MoreOrEqual) how = Comparison.Equal;
        return new Filter.Is(field, how, Value(field, random));
    }

    private static FilterValue Value(Field field, Random random) => field.Type switch
    {
        FieldType.Number => new FilterValue.Number(random.Next(4)),
        FieldType.Money => new FilterValue.Number(random.Next(4), random.Next(2) == 0 ? null : Row.Currencies[random.Next(2)]),
        FieldType.Flag => new FilterValue.Flag(random.Next(2) == 0),
        FieldType.Time => Times(random),
        FieldType.Day => Days(random),
        FieldType.Choice or FieldType.Choices => new FilterValue.Text(field.Choices[random.Next(field.Choices.Count)]),
        _ => new FilterValue.Text(s_texts[random.Next(s_texts.Length)]),
    };

    private static FilterValue.Times Times(Random random)
    {
        var from = s_epoch.AddHours(random.Next(96));
        return new FilterValue.Times(from, random.Next(2) == 0 ? from : from.AddDays(1));
    }

    private static FilterValue.Days Days(Random random)
    {
        var first = new DateOnly(2026, 5, 1).AddDays(random.Next(5));
        return new FilterValue.Days(first, first.AddDays(random.Next(3)));
    }

    internal sealed record Row(int Number)
    {
        public static readonly string[] Currencies = ["EUR", "CNY"];

        public string? Name { get; init; }
        public string? Id { get; init; }
        public decimal? Size { get; init; }
        public decimal? Amount { get; init; }
        public string? Currency { get; init; }
        public decimal? Worth { get; init; }
        public bool? Hot { get; init; }
        public DateTimeOffset? Created { get; init; }
        public DateOnly? Due { get; init; }
        public string? Stage { get; init; }
        public string[]? Tags { get; init; }
        public string? Owner { get; init; }

        public static bool Knows(Field field) => field.Name is not ("custom.größe" or "姓名");

        public object? this[string field] => field switch
        {
            "name" => Name, "id" => Id, "size" => Size, "hot" => Hot, "created" => Created, "due" => Due, "stage" => Stage, "owner" => Owner,
            _ => throw new ArgumentOutOfRangeException(nameof(field)),
        };

        public static Row Random(int number, Random random)
        {
            var hasMoney = random.Next(4) > 0;
            return new Row(number)
            {
                Name = Some(s_texts), Id = Some(s_texts), Owner = Some(s_texts), Stage = Some(["open", "won"]),
                Size = random.Next(4) == 0 ? null : random.Next(4), Hot = random.Next(3) == 0 ? null : random.Next(2) == 0,
                Amount = hasMoney ? random.Next(4) : null, Currency = hasMoney ? Currencies[random.Next(2)] : null, Worth = hasMoney ? random.Next(4) : null,
                Created = random.Next(4) == 0 ? null : s_epoch.AddHours(random.Next(96)), Due = random.Next(4) == 0 ? null : new DateOnly(2026, 5, 1).AddDays(random.Next(5)),
                Tags = random.Next(4) switch { 0 => null, 1 => [], 2 => ["vip"], _ => ["vip", "new"] },
            };

            string? Some(string[] of) => random.Next(4) == 0 ? null : of[random.Next(of.Length)];
        }
    }

    /// <summary>The language by its description, in the simplest words.</summary>
    internal static class Oracle
    {
        public static bool Holds(Filter filter, Row row) => filter switch
        {
            Filter.All all => all.Parts.All(p => Holds(p, row)),
            Filter.Any any => any.Parts.Any(p => Holds(p, row)),
            Filter.Not not => !Holds(not.Part, row),
            Filter.OneOf { Field.Type: FieldType.Choices } some => row.Tags is { } tags && some.Values.Any(v => tags.Contains(((FilterValue.Text)v).Value)),
            Filter.OneOf some => some.Values.Any(v => Holds(new Filter.Is(some.Field, Comparison.Equal, v), row)),
            Filter.Empty { Field.Type: FieldType.Choices } => row.Tags is null or [],
            Filter.Empty { Field.Type: FieldType.Money } => row.Amount is null,
            Filter.Empty empty => row[empty.Field.Name] is null,
            Filter.Is compare => Compares(compare, row),
            _ => throw new ArgumentOutOfRangeException(nameof(filter)),
        };

        private static bool Compares(Filter.Is compare, Row row)
        {
            if (compare.Field.Type == FieldType.Money)
            {
                var number = (FilterValue.Number)compare.Value;
                if (number.Currency is null) return row.Worth is { } worth && Order(worth.CompareTo(number.Value), compare.How);
                return row.Amount is { } amount && row.Currency == number.Currency && Order(amount.CompareTo(number.Value), compare.How);
            }

            if (row[compare.Field.Name] is not { } held) return false;
            return (compare.Value, held) switch
            {
                (FilterValue.Text text, string value) when compare.Field.Type == FieldType.Text => Text(Fold(value), compare.How, Fold(text.Value)),
                (FilterValue.Text text, string value) => Text(value, compare.How, text.Value),
                (FilterValue.Number number, decimal value) => Order(value.CompareTo(number.Value), compare.How),
                (FilterValue.Flag flag, bool value) => flag.Value == value,
                (FilterValue.Times { IsMoment: true } times, DateTimeOffset value) => Order(value.CompareTo(times.From), compare.How),
                (FilterValue.Times times, DateTimeOffset value) => Order(value < times.From ? -1 : value < times.Before ? 0 : 1, compare.How),
                (FilterValue.Days days, DateOnly value) => Order(value < days.First ? -1 : value <= days.Last ? 0 : 1, compare.How),
                _ => throw new ArgumentOutOfRangeException(nameof(compare)),
            };
        }

        private static string Fold(string text) => text.ToLowerInvariant();

        private static bool Text(string value, Comparison how, string wanted) => how switch
        {
            Comparison.Contains => value.Contains(wanted, StringComparison.Ordinal),
            Comparison.Begins => value.StartsWith(wanted, StringComparison.Ordinal),
            _ => Order(string.CompareOrdinal(value, wanted), how),
        };

        private static bool Order(int order, Comparison how) => how switch
        {
            Comparison.Less => order < 0,
            Comparison.LessOrEqual => order <= 0,
            Comparison.More => order > 0,
            Comparison.MoreOrEqual => order >= 0,
            _ => order == 0,
        };
    }
}
