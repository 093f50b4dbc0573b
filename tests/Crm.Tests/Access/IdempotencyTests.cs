using Crm.Clickstream;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Access;

[Collection(IngestGroup.Name)]
public sealed class IdempotencyTests(IngestFixture crm)
{
    private const string Keys = "/api/v1/sources/shop/keys";

    [Fact]
    public async Task The_same_request_again_gets_the_same_answer_and_does_nothing()
    {
        var body = """{"kind":"write","name":"once"}""";
        var first = await crm.Ask("POST", Keys, body, headers: ("Idempotency-Key", "once-1"));
        var again = await crm.Ask("POST", Keys, body, headers: ("Idempotency-Key", "once-1"));

        Assert.Equal((201, first.Text("key"), first.Text("id")), (again.Status, again.Text("key"), again.Text("id")));
        Assert.Equal((first.Headers.Location, "true"), (again.Headers.Location, again.Headers.GetValues("Idempotent-Replayed").Single()));
        Assert.Equal(1, await crm.Count("select count(*) from api_key where name = 'once'"));
    }

    [Fact]
    public async Task No_secret_stands_in_what_is_kept_of_an_answer()
    {
        var secret = (await crm.Ask("POST", Keys, """{"kind":"write","name":"hidden"}""", headers: ("Idempotency-Key", "hidden-1"))).Text("key")!;

        Assert.Equal(1, await crm.Count("select count(*) from idempotent_answer where key = 'hidden-1' and answer is not null"));
        Assert.Equal(0, await crm.Count($"select count(*) from idempotent_answer where position('{secret[3..]}'::bytea in answer) > 0"));
    }

    [Fact]
    public async Task Another_request_with_the_key_is_refused_and_other_callers_have_keys_of_their_own()
    {
        Assert.Equal(201, (await crm.Ask("POST", Keys, """{"kind":"write","name":"a"}""", headers: ("Idempotency-Key", "other-1"))).Status);

        Assert.Equal(422, (await crm.Ask("POST", Keys, """{"kind":"write","name":"b"}""", headers: ("Idempotency-Key", "other-1"))).Status);
        Assert.Equal(422, (await crm.Ask("POST", "/api/v1/sources", """{"kind":"write","name":"a"}""", headers: ("Idempotency-Key", "other-1"))).Status);
        var second = await crm.Keys.Create(new KeyOrder(ApiKeyKind.Server, "second admin", "office", [Scopes.Admin]));
        Assert.Equal(201, (await crm.Ask("POST", Keys, """{"kind":"write","name":"c"}""", second.Secret, ("Idempotency-Key", "other-1"))).Status);
        Assert.Equal(400, (await crm.Ask("POST", Keys, "{}", headers: ("Idempotency-Key", new string('x', 256)))).Status);
    }

    [Fact]
    public async Task While_the_first_runs_the_second_is_told_to_wait()
    {
        var body = """{"kind":"write","name":"parallel"}""";
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => crm.Ask("POST", Keys, body, headers: ("Idempotency-Key", "parallel-1"))));

        Assert.All(replies, r => Assert.True(r.Status is 201 or 409, $"{r.Status}"));
        Assert.Single(replies.Where(r => r.Status == 201).Select(r => r.Text("key")).Distinct());
        Assert.Equal(1, await crm.Count("select count(*) from api_key where name = 'parallel'"));

        await crm.Postgres.Source.Do("update idempotent_answer set answer = null where key = 'parallel-1'");
        var waiting = await crm.Ask("POST", Keys, body, headers: ("Idempotency-Key", "parallel-1"));
        Assert.Equal((409, "1"), (waiting.Status, waiting.Headers.GetValues("Retry-After").Single()));
    }
}
