using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Infrastructure;
using Crm.Records.Filters;
using NpgsqlTypes;
using Xunit;

namespace Crm.Records;

/// <summary>What PostgreSQL finds by fields of one's own, which stand within the record, is what the language says.</summary>
public sealed class CustomFilterTests(PostgresFixture database) : IClassFixture<PostgresFixture>
{
    private const int Rows = 120;
    private const int Filters = 300;

    private static readonly string[] s_own = ["name", "size", "amount", "due", "stage", "tags", "owner"];

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public async Task The_database_and_the_language_agree(int seed)
    {
        var random = new Random(seed);
        var rows = Enumerable.Range(0, Rows).Select(i => FilterSqlTests.Row.Random(i, random)).ToArray();
        foreach (var row in rows) await Store(seed, row);

        for (var at = 0; at < Filters; at++)
        {
            var filter = FilterSqlTests.RandomFilter(random, 3, f => s_own.Contains(f.Name));
            Assert.Equal(rows.Where(r => FilterSqlTests.Oracle.Holds(filter, r)).Select(r => r.Number), await Found(seed, filter));
        }
    }

    [Theory]
    [InlineData("a'b")]
    [InlineData("a b")]
    [InlineData("1a")]
    [InlineData("a\"b")]
    [InlineData("")]
    public void Nothing_but_a_name_comes_into_a_statement(string name)
    {
        Assert.False(CustomField.IsName(name));
        Assert.Throws<ArgumentException>(() => RecordTable.Of("company").Column(new Field("custom." + name, FieldType.Text)));
    }

    private static FieldColumn Column(Field field) => RecordTable.Of("company").Column(field with { Name = "custom." + field.Name });

    private async Task<IReadOnlyList<int>> Found(int seed, Filter filter)
    {
        await using var command = database.Source.CreateCommand();
        command.CommandText = $"SELECT size::int FROM company WHERE source = '{seed}' AND {new FilterSql(command, Column).Of(filter)} ORDER BY 1";
        await using var found = await command.ExecuteReaderAsync();
        var numbers = new List<int>();
        while (await found.ReadAsync()) numbers.Add(found.GetInt32(0));
        return numbers;
    }

    private async Task Store(int seed, FilterSqlTests.Row row)
    {
        var own = new JsonObject();
        if (row.Name is not null) own["name"] = row.Name;
        if (row.Size is not null) own["size"] = row.Size;
        if (row.Amount is not null) own["amount"] = new JsonObject { ["amount"] = row.Amount.ToString(), ["currency"] = row.Currency, ["worth"] = row.Worth?.ToString(CultureInfo.InvariantCulture) };
        if (row.Due is { } due) own["due"] = due.ToString(FieldValues.DayFormat, CultureInfo.InvariantCulture);
        if (row.Stage is not null) own["stage"] = row.Stage;
        if (row.Tags is not null) own["tags"] = new JsonArray([.. row.Tags.Select(t => (JsonNode)t)]);
        if (row.Owner is not null) own["owner"] = row.Owner;
        var state = new JsonObject { ["name"] = "x", ["source"] = seed.ToString(CultureInfo.InvariantCulture), ["size"] = row.Number, ["custom"] = own };
        await using var insert = database.Source.CreateCommand("""
            INSERT INTO company (id, row_version, record_version, version, state, created_at, updated_at, created_by, last_cause)
            VALUES ($1, 1, 1, 1, $2, now(), now(), 'test', gen_random_uuid())
            """);
        insert.With(NpgsqlDbType.Text, $"co_{seed}_{row.Number}").With(NpgsqlDbType.Jsonb, state.ToJsonString());
        await insert.ExecuteNonQueryAsync();
    }
}
