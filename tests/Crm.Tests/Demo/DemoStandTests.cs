using System.Text.Json.Nodes;
using Crm.Access;
using Xunit;
using static Crm.Access.PeopleFixture;

namespace Crm.Demo;

/// <summary>What is wanted of the demo shop, by the API.</summary>
[Collection(PeopleGroup.Name)]
public sealed class DemoStandTests(PeopleFixture crm)
{
    [Fact]
    public async Task It_is_wanted_by_the_API_and_done_by_a_run()
    {
        var wish = new JsonObject { ["wanted"] = "open" };
        Assert.Equal("none", (string?)(await Ask(crm.Administrator, "GET", "/api/v1/demo")).Json["state"]);
        var nobody = await Ask(crm.Administrator, "PUT", "/api/v1/demo", wish.DeepClone());
        Assert.Equal((409, true), (nobody.Status, nobody.Text.Contains("demo-unavailable", StringComparison.Ordinal)));
        Assert.Equal(422, (await Ask(crm.Administrator, "PUT", "/api/v1/demo", new JsonObject { ["wanted"] = "gone" })).Status);

        var stands = new DemoStands(crm.Database, TimeProvider.System);
        await stands.Begin(open: false);
        await stands.Tell(DemoStands.Closed);
        var wanted = await Ask(crm.Administrator, "PUT", "/api/v1/demo", wish.DeepClone());
        Assert.Equal((202, "open", "closed"), (wanted.Status, (string?)wanted.Json["wanted"], (string?)wanted.Json["state"]));
        Assert.Contains("\"demo\"", (await Ask(crm.Administrator, "GET", "/api/v1/audit?kind=demo")).Text, StringComparison.Ordinal);

        // Who begins without it goes on without it; what was erased is not opened by the next run.
        await stands.Begin(open: false);
        Assert.Equal(DemoStands.Closed, (await stands.Read()).Wanted);
        await Ask(crm.Administrator, "PUT", "/api/v1/demo", new JsonObject { ["wanted"] = "erased" });
        await stands.Begin(open: true);
        Assert.Equal(DemoStands.Erased, (await stands.Read()).Wanted);
    }
}
