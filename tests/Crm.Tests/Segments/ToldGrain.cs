namespace Crm.Segments;

/// <summary>Writes down what it is told of segments, in a table that takes each number once; there is one where a test made that.</summary>
public interface IToldGrain : IGrainWithIntegerKey;

/// <inheritdoc cref="IToldGrain"/>
[ImplicitStreamSubscription(SegmentStream.Namespace)]
internal sealed class ToldGrain(ISegmentNews news, DataSources sources) : SegmentFollower(news), IToldGrain
{
    protected override async Task<long> Position() => await IsAsked() ? await Ask<long>("SELECT coalesce(max(number), 0) FROM told") : long.MaxValue;

    protected override async Task Handle(IReadOnlyList<SegmentNewsItem> items)
    {
        await using var command = sources.Records.CreateCommand("INSERT INTO told SELECT * FROM unnest($1, $2, $3, $4)");
        command.Parameters.AddWithValue(items.Select(i => i.Number).ToArray());
        command.Parameters.AddWithValue(items.Select(i => i.Segment).ToArray());
        command.Parameters.AddWithValue(items.Select(i => i.Customer).ToArray());
        command.Parameters.AddWithValue(items.Select(i => i.Entered).ToArray());
        await command.ExecuteNonQueryAsync();
    }

    private Task<bool> IsAsked() => Ask<bool>("SELECT to_regclass('told') IS NOT NULL");

    private async Task<T> Ask<T>(string sql)
    {
        await using var command = sources.Records.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
