using Crm.Access;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Records;

/// <summary>Which people and deals of a company are looked at for its timeline.</summary>
/// <param name="Links">By kind of entry the links by which it is found: <see cref="RecordKinds.Customer"/>, <see cref="RecordKinds.Deal"/>.</param>
public sealed record CircleQuery(Reach People, Reach Deals, IReadOnlyDictionary<string, IReadOnlyList<string>> Links);

/// <summary>A company's people, by all ids that were merged into them, and its deals, as far as who asks may read them.</summary>
/// <param name="People">Each id with the person's own.</param>
/// <param name="IsPartial">There are more than are looked at.</param>
internal sealed record CompanyCircle(IReadOnlyDictionary<string, string> People, IReadOnlyList<string> Deals, bool IsPartial)
{
    /// <summary>
    /// Ids of people, and deals, that a page looks at: each is a probe of an index per source. Of larger companies those with the first ids
    /// are, the same on each page; nearly all have fewer than ten.
    /// </summary>
    public const int Max = 500;

    public static CompanyCircle Empty { get; } = new(new Dictionary<string, string>(), [], false);

    public static async Task<CompanyCircle> Read(NpgsqlConnection connection, string company, CircleQuery asked, CancellationToken stop)
    {
        await using var command = connection.CreateCommand();
        command.With(NpgsqlDbType.Text, Sql.Text(company)).With(NpgsqlDbType.Integer, Max + 1);

        // First each person's own id, then those that were merged into it, and into those; then deals.
        command.CommandText = $"""
            WITH RECURSIVE lanes (lane, person) AS (
              (SELECT id, id FROM {CustomerColumns.Table}
               WHERE company = $1 AND deleted_at IS NULL AND {CustomerColumns.Among} AND {RecordLists.Reached(command, asked.People)} ORDER BY id LIMIT $2)
              UNION
              SELECT m.source, l.person FROM lanes l JOIN merge_ledger m ON m.into_id = l.lane
            )
            (SELECT lane, person FROM lanes LIMIT $2)
            UNION ALL
            (SELECT id, NULL FROM deal WHERE company = $1 AND deleted_at IS NULL AND {RecordLists.Reached(command, asked.Deals)} ORDER BY id LIMIT $2)
            """;
        await command.PrepareAsync(stop);
        var (people, deals) = (new Dictionary<string, string>(StringComparer.Ordinal), new List<string>());
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop))
        {
            if (rows.IsDBNull(1)) deals.Add(rows.GetString(0));
            else people.TryAdd(rows.GetString(0), rows.GetString(1));
        }

        var isPartial = people.Count > Max || deals.Count > Max;
        return new CompanyCircle(people.Take(Max).ToDictionary(StringComparer.Ordinal), [.. deals.Take(Max)], isPartial);
    }
}
