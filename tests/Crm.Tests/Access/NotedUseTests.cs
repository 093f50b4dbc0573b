using Crm.Records;
using Xunit;

namespace Crm.Access;

/// <summary>Who comes at the same time as another request that notes the use comes in, too.</summary>
[Collection(PeopleGroup.Name)]
public sealed class NotedUseTests(PeopleFixture crm)
{
    private const int Rounds = 25;
    private const int AtOnce = 8;

    private readonly ChangeCause _cause = new("test", null, Guid.NewGuid());

    [Fact]
    public async Task A_session_goes_on_for_all_who_ask_when_its_use_is_due_to_be_noted()
    {
        var (_, _, user, _) = await crm.NewPerson("sales");
        var sessions = new Sessions(crm.Database, TimeProvider.System);
        var (_, token) = await sessions.Begin(user, null, null, _cause);
        await AllFind("user_session", user, async () => await sessions.Find(token) is not null);
    }

    [Fact]
    public async Task A_token_goes_on_for_all_who_ask_when_its_use_is_due_to_be_noted()
    {
        var (_, _, user, _) = await crm.NewPerson("sales");
        var tokens = new UserTokens(crm.Database, TimeProvider.System);
        var made = await tokens.Create(user, "at once", TokenScope.Read, TimeSpan.FromDays(1), _cause);
        await AllFind("user_token", user, async () => await tokens.Find(made!.Value.Secret) is not null);
    }

    private async Task AllFind(string table, string user, Func<Task<bool>> find)
    {
        for (var round = 0; round < Rounds; round++)
        {
            await using var unnoted = crm.Database.CreateCommand($"update {table} set used_at = now() - interval '5 minutes' where user_id = $1");
            unnoted.Parameters.Add(new Npgsql.NpgsqlParameter { Value = user });
            await unnoted.ExecuteNonQueryAsync();

            var found = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(find)));

            Assert.All(found, Assert.True);
        }
    }
}
