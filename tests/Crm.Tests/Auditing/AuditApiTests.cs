using Crm.Access;
using Crm.Deals;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Auditing;

/// <summary>The audit as administrators read it.</summary>
[Collection(DealsCollection.Name)]
public sealed class AuditApiTests(DealsFixture crm)
{
    [Fact]
    public async Task Lines_are_found_by_what_they_tell_page_by_page_and_get_chained()
    {
        var deal = await crm.Make("deal", """{"name":"Watched"}""");
        for (var n = 0; n < 4; n++) Assert.Equal(200, (await crm.Ask("PATCH", $"/api/v1/deals/{deal}", $$"""{"name":"Watched {{n}}"}""")).Status);

        var ids = new List<string>();
        var path = $"/api/v1/audit?kind=deal&record={deal}&limit=2";
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await crm.Ask("GET", cursor.Length == 0 ? path : $"{path}&cursor={cursor}");
            Assert.Equal(200, page.Status);
            ids.AddRange(page.Json.GetProperty("data").EnumerateArray().Select(l => l.GetProperty("id").GetString()!));
            cursor = page.Text("next_cursor") is { Length: > 0 } next ? next : null;
        }

        Assert.Equal((5, 5), (ids.Count, ids.Distinct().Count()));
        Assert.Equal(ids.OrderByDescending(long.Parse), ids);
        Assert.Equal(1, Count(await crm.Ask("GET", $"/api/v1/audit?record={deal}&user=tester")));
        Assert.Equal(0, Count(await crm.Ask("GET", $"/api/v1/audit?record={deal}&to=2020-01-01T00:00:00Z")));
        Assert.Equal(5, Count(await crm.Ask("GET", $"/api/v1/audit?record={deal}&from=2020-01-01T00:00:00Z")));
        await Eventually.True(
            async () => (await crm.Ask("GET", $"/api/v1/audit?record={deal}")).Json.GetProperty("data").EnumerateArray()
                .All(l => l.GetProperty("number").ValueKind == System.Text.Json.JsonValueKind.Number),
            "all are chained");
        Assert.Null((await AuditVerification.Run(crm.Database)).Fault);
    }

    [Fact]
    public async Task Looks_and_exports_are_lines_too()
    {
        var person = "u:" + Guid.NewGuid().ToString("N");
        var position = await crm.Happens("track", $$"""{"userId":"{{person[2..]}}","event":"Looked"}""");
        Assert.Equal(200, (await crm.Ask("GET", $"/v1/customers/{person}/export?minPosition={position}")).Status);
        await crm.Make("deal", $$"""{"name":"{{person[2..]}}"}""");
        var exported = await crm.Ask("GET", $"/api/v1/deals/export?format=ndjson&filter=name%20=%20'{person[2..]}'");
        Assert.Equal((200, person[2..]), (exported.Status, exported.Text("name")));
        Assert.Equal(200, (await crm.Ask("GET", $"/api/v1/audit?record={person}")).Status);

        Assert.Equal(1, await crm.Database.Ask<long>($"SELECT count(*) FROM audit WHERE kind = 'customer' AND action = 'export' AND changes ->> 'id' = '{person}'"));
        Assert.True(await crm.Database.Ask<long>("SELECT count(*) FROM audit WHERE kind = 'deal' AND action = 'export'") > 0);
        Assert.Equal(1, await crm.Database.Ask<long>($"SELECT count(*) FROM audit WHERE kind = 'audit' AND action = 'read' AND changes ->> 'record' = '{person}'"));

        // When the person is erased, the audit says nothing of it any more, and is whole.
        Assert.True((await crm.Ask("DELETE", $"/v1/customers/{person}")).Status is 200 or 202);
        await Eventually.True(async () => await crm.Database.Ask<long>($"SELECT count(*) FROM audit WHERE changes::text LIKE '%{person}%'") == 0, "it is forgotten", TimeSpan.FromSeconds(60));
        Assert.Null((await AuditVerification.Run(crm.Database)).Fault);
    }

    [Fact]
    public async Task Others_may_not_read_it_and_bad_questions_are_told_so()
    {
        Assert.Equal(403, (await crm.Ask("GET", "/api/v1/audit", key: await crm.Key([Scopes.Read, Scopes.Ingest]))).Status);
        foreach (var query in (string[])["from=yesterday", "limit=0", "cursor=x", "kinds=deal", "cursor=MS4tMQ", "kind=%00"])
            Assert.Equal(400, (await crm.Ask("GET", $"/api/v1/audit?{query}")).Status);
    }

    private static int Count(Clickstream.Reply reply) => reply.Json.GetProperty("data").GetArrayLength();
}
