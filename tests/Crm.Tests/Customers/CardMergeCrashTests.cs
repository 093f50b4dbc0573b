using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Infrastructure;
using Crm.Records;
using Xunit;

namespace Crm.Customers;

/// <summary>Cards of merged customers are taken over, whole and once, also when a silo dies in the middle of it.</summary>
public sealed class CardMergeCrashTests(CrmCluster crm) : IClassFixture<CrmCluster>
{
    [Fact]
    public async Task Every_card_is_taken_over_once_though_a_silo_dies()
    {
        var ids = Enumerable.Range(0, 40).Select(_ => crm.NewId()).ToArray();
        await crm.Happen([.. ids.SelectMany(id => new[] { crm.Track("a:" + id), crm.Track("u:" + id) })]);
        foreach (var id in ids)
        {
            await Edit("a:" + id, $$"""{"tags":["t-{{id}}"],"emails":["{{id}}@example.org"]}""");
            await Edit("u:" + id, """{"tags":["own"]}""");
        }

        await crm.Stores.Writer.Append([.. ids.Select(id => crm.Identify(id, id))]);
        await Eventually.True(async () => await crm.Database.Ask<long>("select count(*) from audit where action = 'absorb'") > 3, "some are taken over");
        await crm.Silos.KillSiloAsync(crm.Silos.Silos[^1]);

        await Eventually.True(
            async () => await crm.Database.Ask<long>("select count(*) from customer_record where id like 'u:%' and cardinality(tags) = 2") == ids.Length,
            "all are taken over", TimeSpan.FromSeconds(120));
        foreach (var id in ids)
            Assert.Equal(
                $$"""["own","t-{{id}}"]|["{{id}}@example.org"]""",
                await crm.Database.Ask<string>($"select replace(state ->> 'tags', ' ', '') || '|' || (state ->> 'emails') from customer_record where id = 'u:{id}'"));
        Assert.Equal(ids.Length, await crm.Database.Ask<long>("select count(*) from audit where action = 'absorb'"));
    }

    private async Task Edit(string id, string patch)
    {
        var answer = await crm.Grains.Record(RecordKinds.Customer, id).Edit(patch, null, new ChangeCause("tests", null, Guid.NewGuid()));
        Assert.Equal(RecordRefusal.None, answer.Refusal);
        Assert.NotNull(JsonNode.Parse(answer.Record!.Fields)!["tags"]);
    }
}
