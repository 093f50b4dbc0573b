using System.Diagnostics;
using Crm.Clickstream;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Access;

/// <summary>The commands of sources, keys and dead letters, as processes of their own, beside a running API.</summary>
[Collection(IngestGroup.Name)]
public sealed class AccessCommandTests(IngestFixture crm)
{
    [Fact]
    public async Task Keys_are_made_rotated_and_revoked()
    {
        var (code, key) = await Crm("keys", "create", "--kind", "write", "--name", "cli shop", "--rate-limit", "500");
        Assert.Equal((0, true), (code, key.StartsWith("wk_", StringComparison.Ordinal)));
        Assert.Equal(200, (await crm.Send("track", """{"userId":"u","event":"x"}""", key.Trim())).Status);
        var line = (await Crm("keys", "list", "--source", "cli shop")).Out.Trim();
        Assert.Contains("500 requests a minute", line, StringComparison.Ordinal);

        var (_, rotated) = await Crm("keys", "rotate", line.Split(' ')[0], "--overlap", "0");
        Assert.StartsWith("wk_", rotated, StringComparison.Ordinal);
        Assert.Contains("works until", (await Crm("keys", "list", "--source", "cli shop")).Out, StringComparison.Ordinal);
        Assert.Equal(1, (await Crm("keys", "rotate", line.Split(' ')[0])).Code);
        Assert.Equal(0, (await Crm("keys", "revoke", line.Split(' ')[0])).Code);

        var admin = (await Crm("keys", "create", "--kind", "admin", "--name", "cli admin")).Out.Trim();
        Assert.Equal(200, (await crm.Ask("GET", "/api/v1/sources", key: admin)).Status);
    }

    [Fact]
    public async Task Sources_are_made_changed_and_removed()
    {
        Assert.Equal(0, (await Crm("sources", "create", "cli-source", "--kind", "app", "--origins", "https://a.example,https://*.b.example")).Code);
        Assert.Equal(1, (await Crm("sources", "create", "cli-source")).Code);
        Assert.Equal(2, (await Crm("sources", "update", "cli-source", "--origins", "b.example")).Code);
        Assert.Equal(0, (await Crm("sources", "update", "cli-source", "--violations", "refuse", "--retention-days", "30", "--enabled", "false")).Code);

        var line = (await Crm("sources", "list")).Out.Split('\n').Single(l => l.StartsWith("cli-source ", StringComparison.Ordinal));
        Assert.Contains("https://a.example,https://*.b.example  refuses violations  30 days  disabled", line, StringComparison.Ordinal);
        Assert.Equal(0, (await Crm("sources", "delete", "cli-source")).Code);
        Assert.Equal(1, (await Crm("sources", "delete", "cli-source")).Code);
    }

    [Fact]
    public async Task Dead_letters_are_counted_replayed_and_removed()
    {
        var (id, _) = await crm.NewSource();
        await crm.Postgres.Source.Do($$$"""
            insert into dead_letter_inbound (received_at, source, reason, sample, call)
            values (now(), '{{{id}}}', 'Mended since.', '{"type":"page","anonymousId":"cli-{{{id}}}"}', 'element'), (now(), '{{{id}}}', 'Hopeless.', '{', null)
            """);

        Assert.Contains($"1 open         0 replayed  {id}  refused  Hopeless.", (await Crm("dead-letters", "counts", "--source", id)).Out, StringComparison.Ordinal);
        Assert.Equal(2, (await Crm("dead-letters", "list", "--source", id)).Out.Trim().Split('\n').Length);
        var (code, said) = await Crm("dead-letters", "replay", "--source", id);
        Assert.Equal(1, code);
        Assert.Contains("  replayed", said, StringComparison.Ordinal);
        Assert.Contains("  refused  ", said, StringComparison.Ordinal);
        Assert.Single(await Logs.Of(crm), e => e.Event.Lane == $"a:cli-{id}");
        Assert.Equal(2, (await Crm("dead-letters", "delete")).Code);
        Assert.Equal("2 removed", (await Crm("dead-letters", "delete", "--source", id)).Out.Trim());
    }

    private async Task<(int Code, string Out)> Crm(params string[] words)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "crm.dll"), .. words]) { RedirectStandardOutput = true };
        start.Environment["CRM_POSTGRES"] = crm.Postgres.ConnectionString;
        start.Environment["CRM_API_URL"] = crm.Api.Address.ToString();
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, said);
    }
}
