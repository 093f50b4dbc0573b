using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Crm.Bench;

/// <summary>
/// Reads some customers all the time, half of them with the position that the last answer named. An answer must never show
/// less than an earlier one; while there is none, it must be 503 with Retry-After.
/// </summary>
internal sealed class KillWatch : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(50);

    /// <summary>The API's own waits are bounded below this: an answer must come.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(15);

    private readonly KillOptions _options;
    private readonly HttpClient _http;
    private readonly Watched[] _watched;
    private readonly ConcurrentQueue<string> _faults = new();
    private long _answers, _unavailable;

    public KillWatch(KillSubject subject, KillOptions options)
    {
        _options = options;
        _http = new HttpClient { BaseAddress = new Uri($"http://{subject.Api}"), Timeout = AnswerLimit };
        _http.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(subject.ServerKey + ":")));
        // The busiest, and quiet ones all over the range.
        _watched = [.. Enumerable.Range(0, options.Watched).Select(i => new Watched(i < options.Watched / 2 ? i : i * (options.Customers / options.Watched), i % 2 == 0))];
    }

    /// <summary>What must not be, in words.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>Reads that were answered with a profile.</summary>
    public long Answers => Interlocked.Read(ref _answers);

    /// <summary>Reads that were answered 503.</summary>
    public long Unavailable => Interlocked.Read(ref _unavailable);

    public Task Run(CancellationToken stop) => Task.WhenAll(_watched.Select(one => Task.Run(() => Follow(one, stop), CancellationToken.None)));

    /// <summary>Seconds from a moment until each customer was answered again; null while one was not.</summary>
    public double? OutageSince(long moment)
    {
        var last = 0.0;
        foreach (var one in _watched)
        {
            var answered = Interlocked.Read(ref one.AskedForAnswer);
            if (answered < moment) return null;
            last = Math.Max(last, Clock.Seconds(Interlocked.Read(ref one.BackAt) - moment));
        }

        return Math.Max(0, last);
    }

    public void Dispose() => _http.Dispose();

    private async Task Follow(Watched one, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var asked = Clock.Now;
            try
            {
                using var answer = await _http.GetAsync(one.Path, stop);
                await Judge(one, answer, asked, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception broken) when (broken is HttpRequestException or OperationCanceledException or IOException)
            {
                one.Away = true;
                if (_options.Victim != Victim.Api) _faults.Enqueue($"{one.Id}: the API did not answer: {broken.Message}");
            }

            await Task.Delay(Every, TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task Judge(Watched one, HttpResponseMessage answer, long asked, CancellationToken stop)
    {
        if (answer.StatusCode == HttpStatusCode.OK)
        {
            using var profile = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(stop));
            var counted = Clicks(profile.RootElement);
            if (counted < one.Counted) _faults.Enqueue($"{one.Id}: an old state: {counted} events after {one.Counted}");
            one.Counted = Math.Max(counted, one.Counted);
            if (one.WithPosition && answer.Headers.TryGetValues("X-Crm-Position", out var position)) one.Position = position.First();
            Interlocked.Increment(ref _answers);
            Answered(one, asked);
        }
        else if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            one.Away = true;
            Interlocked.Increment(ref _unavailable);
            if (answer.Headers.RetryAfter is null) _faults.Enqueue($"{one.Id}: 503 without Retry-After");
        }
        else if (answer.StatusCode != HttpStatusCode.NotFound || one.Counted > 0)
        {
            _faults.Enqueue($"{one.Id}: answered {(int)answer.StatusCode} after {one.Counted} events");
        }
        else
        {
            Answered(one, asked);
        }
    }

    private static void Answered(Watched one, long asked)
    {
        // The first answer to a question asked after an interruption ends it.
        if (one.Away || Interlocked.Read(ref one.BackAt) == 0) Interlocked.Exchange(ref one.BackAt, Clock.Now);
        one.Away = false;
        Interlocked.Exchange(ref one.AskedForAnswer, asked);
    }

    private static long Clicks(JsonElement profile) =>
        profile.GetProperty("counts").GetProperty("byEvent").TryGetProperty(KillLoad.EventName, out var count) ? count.GetInt64() : 0;

    private sealed class Watched(int customer, bool withPosition)
    {
        public string Id { get; } = "u:" + KillLoad.UserId(customer);

        public bool WithPosition { get; } = withPosition;

        public string? Position { get; set; }

        public long Counted { get; set; }

        public bool Away { get; set; }

        /// <summary>When the question was asked that was answered last.</summary>
        public long AskedForAnswer;

        /// <summary>When it was first answered after not being.</summary>
        public long BackAt;

        public Uri Path => new($"/v1/customers/{Uri.EscapeDataString(Id)}{(Position is null ? "" : "?minPosition=" + Uri.EscapeDataString(Position))}", UriKind.Relative);
    }
}
