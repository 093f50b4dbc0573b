using Crm.Infrastructure;
using Crm.Records;
using Xunit;

namespace Crm.Access;

/// <summary>Somebody who can sign in always administers.</summary>
public sealed class LastAdministratorTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Of_two_who_block_each_other_at_the_same_moment_one_stays()
    {
        var (users, roles) = (new Users(postgres.Source, TimeProvider.System), new Roles(postgres.Source, TimeProvider.System));
        Assert.NotNull(await roles.Put(new Role("second", "Second") { Administers = true }, isNew: true, ChangeCause.CommandLine));
        for (var round = 0; round < 20; round++)
        {
            var one = (await users.Create(new CrmUser(CrmUser.NewId(), "one" + round, "One", Role.Administrator), "battery-staple", ChangeCause.CommandLine))!;
            var other = (await users.Create(new CrmUser(CrmUser.NewId(), "other" + round, "Other", "second"), "battery-staple", ChangeCause.CommandLine))!;
            var invited = (await users.Create(new CrmUser(CrmUser.NewId(), "invited" + round, "Invited", Role.Administrator), null, ChangeCause.CommandLine))!;

            var ends = await Task.WhenAll(Refused(() => users.Update(one with { Enabled = false }, ChangeCause.CommandLine)), Refused(() => users.End(other.Id, null, ChangeCause.CommandLine)));

            Assert.Single(ends, refused => refused);

            // Also by another role, by a role that becomes less, and though somebody is invited.
            var last = ends[0] ? one : other;
            Assert.True(await Refused(() => users.Update(last with { Role = "reader" }, ChangeCause.CommandLine)));
            Assert.Equal(!ends[0], await Refused(async () => await roles.Put((await roles.List()).Single(r => r.Id == "second") with { Administers = false }, isNew: false, ChangeCause.CommandLine)));
            await roles.Put((await roles.List()).Single(r => r.Id == "second") with { Administers = true }, isNew: false, ChangeCause.CommandLine);
            Assert.True(await users.End(invited.Id, null, ChangeCause.CommandLine));

            // Makes room for the next round.
            await using var clean = postgres.Source.CreateCommand("DELETE FROM crm_user");
            await clean.ExecuteNonQueryAsync();
        }
    }

    private static async Task<bool> Refused(Func<Task> change)
    {
        try
        {
            await change();
            return false;
        }
        catch (LastAdministratorException)
        {
            return true;
        }
    }
}
