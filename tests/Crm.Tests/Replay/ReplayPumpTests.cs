using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Crm.CommandLine;
using Crm.Sending;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Crm.Replay;

public sealed class ReplayPumpTests : IAsyncLifetime
{
    private static readonly SenderOptions Quick = new()
    {
        Path = SenderOptions.Import,
        FirstPause = TimeSpan.FromMilliseconds(1),
        LongestPause = TimeSpan.FromMilliseconds(5),
        GiveUpAfter = TimeSpan.FromSeconds(20),
    };

    private readonly ConcurrentQueue<(string Customer, int Index)> _taken = new();
    private readonly WebApplication _api;
    private Func<int, int> _status = _ => 200;
    private int _requests;

    public ReplayPumpTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _api = builder.Build();
        _api.MapPost("/v1/import", Take);
    }

    public Task InitializeAsync() => _api.StartAsync();

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task Events_of_a_customer_arrive_in_order_whatever_is_refused_meanwhile()
    {
        _status = request => (request % 3) switch { 0 => 503, 1 => 429, _ => 200 };
        var tracker = new AckTracker(4, 0);
        var counts = new ReplayCounts();

        await Run(Events(2_000), tracker, counts);

        Assert.Equal(2_000, counts.Sent);
        Assert.Equal(2_000, tracker.Done);
        Assert.Equal(2_000, _taken.Count);
        Assert.All(_taken.GroupBy(t => t.Customer), one => Assert.Equal(one.Select(t => t.Index).Order(), one.Select(t => t.Index)));
    }

    [Fact]
    public async Task A_refusal_ends_the_run_in_words_and_keeps_what_was_done()
    {
        _status = request => request < 5 ? 200 : 401;
        var tracker = new AckTracker(4, 0);

        var refused = await Assert.ThrowsAsync<CommandFailedException>(() => Run(Events(5_000), tracker, new ReplayCounts()));

        Assert.Contains("key", refused.Message, StringComparison.Ordinal);
        Assert.InRange(tracker.Done, 0, 4_999);
        Assert.True(_taken.Count >= tracker.Done);
    }

    private async Task Run(IEnumerable<ReplayEvent> events, AckTracker tracker, ReplayCounts counts)
    {
        var address = new Uri(_api.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/");
        using var http = EventSender.Connect(address, "wk_test", 4);
        var sender = new EventSender(http, TimeProvider.System, new Random(1), Quick);
        await new ReplayPump(sender, tracker, 4, counts).Run(events, new RateGate(0, TimeProvider.System), CancellationToken.None);
    }

    private static IEnumerable<ReplayEvent> Events(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var customer = $"u{i % 37}";
            yield return new ReplayEvent(i, customer, Encoding.UTF8.GetBytes($$"""{"userId":"{{customer}}","index":{{i}}}"""));
        }
    }

    private async Task Take(HttpContext context)
    {
        var status = _status(Interlocked.Increment(ref _requests));
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        context.Response.StatusCode = status;
        if (status != 200) return;
        foreach (var one in body.RootElement.GetProperty("batch").EnumerateArray())
            _taken.Enqueue((one.GetProperty("userId").GetString()!, one.GetProperty("index").GetInt32()));
        await context.Response.WriteAsync("""{"success":true}""");
    }
}
