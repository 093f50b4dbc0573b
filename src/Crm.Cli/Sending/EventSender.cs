using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Crm.CommandLine;

namespace Crm.Sending;

/// <summary>
/// Sends batches to the HTTP API and sends them again, unchanged, while the answer is "not now" (408, 429, 5xx, no answer):
/// the messageIds make a copy harmless. Waits as <c>Retry-After</c> says, else with growing, jittered pauses.
/// </summary>
internal sealed class EventSender(HttpClient http, TimeProvider clock, Random jitter, SenderOptions options)
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private long _retries;

    /// <summary>Requests that were sent again.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>An HTTP client with the key as Basic user name.</summary>
    public static HttpClient Connect(Uri api, string key, int connections)
    {
        var http = new HttpClient(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = connections,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            BaseAddress = api,
            Timeout = TimeSpan.FromSeconds(30),
        };
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes(key + ":"));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", basic);
        return http;
    }

    /// <summary>Sends <c>{"batch":[...]}</c> until it is answered.</summary>
    /// <exception cref="CommandFailedException">The API refuses it, or did not take it for <see cref="SenderOptions.GiveUpAfter"/>.</exception>
    public async Task<SendAnswer> Send(ReadOnlyMemory<byte> batch, CancellationToken stop)
    {
        var started = clock.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            var (answer, wait) = await Try(batch, attempt, stop);
            if (answer is not null) return answer;
            if (options.GiveUpAfter > TimeSpan.Zero && clock.GetElapsedTime(started) > options.GiveUpAfter)
                throw new CommandFailedException($"the API at {http.BaseAddress} took nothing for {options.GiveUpAfter.TotalSeconds:N0} s.");
            Interlocked.Increment(ref _retries);
            await Task.Delay(wait, clock, stop);
        }
    }

    private async Task<(SendAnswer? Answer, TimeSpan Wait)> Try(ReadOnlyMemory<byte> batch, int attempt, CancellationToken stop)
    {
        try
        {
            using var content = new ReadOnlyMemoryContent(batch);
            content.Headers.ContentType = Json;
            using var response = await http.PostAsync(options.Path, content, stop);
            var body = await response.Content.ReadAsByteArrayAsync(stop);
            if (response.IsSuccessStatusCode) return (SendAnswer.Read(body), default);
            var status = response.StatusCode;
            if (status is not (HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout) && (int)status < 500)
                throw new CommandFailedException(Refusal(status, body));
            return (null, response.Headers.RetryAfter?.Delta is { } told && told <= options.LongestWait ? told : Pause(attempt));
        }
        catch (HttpRequestException)
        {
            return (null, Pause(attempt));
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return (null, Pause(attempt));
        }
    }

    private static string Refusal(HttpStatusCode status, byte[] body) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
            "the API does not know the key. \"crm keys create --kind write --name NAME\" makes one.",
        _ => $"the API refused a batch with {(int)status}: {Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 500)))}",
    };

    private TimeSpan Pause(int attempt)
    {
        var ceiling = Math.Min(options.LongestPause.TotalMilliseconds, options.FirstPause.TotalMilliseconds * Math.Pow(2, Math.Min(attempt, 20)));
        double share;
        lock (jitter) share = jitter.NextDouble();
        return TimeSpan.FromMilliseconds(ceiling * (0.5 + share / 2));
    }
}

/// <summary>Where a sender sends, and how it waits.</summary>
internal sealed record SenderOptions
{
    /// <summary>Takes what happens now, at a rate that people have.</summary>
    public static readonly Uri Batch = new("v1/batch", UriKind.Relative);

    /// <summary>Takes what happened before, at any rate.</summary>
    public static readonly Uri Import = new("v1/import", UriKind.Relative);

    /// <summary>The address, relative to that of the API.</summary>
    public Uri Path { get; init; } = Batch;

    /// <summary>Pause before the first retry when the API names none; it doubles with every further one.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest own pause.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest <c>Retry-After</c> that is followed; beyond it the own pauses hold.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long one batch is tried before the sender ends; infinite (negative) for ever.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>What the API said to a batch.</summary>
/// <param name="Refused">Elements that it did not take.</param>
/// <param name="Position">How far the log was written, when it says so.</param>
internal sealed record SendAnswer(int Refused, string? Position)
{
    /// <summary>The log that took it.</summary>
    public string? LogId => Position is { } position && position.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot ? position[..dot] : null;

    /// <summary>Reads the answer; what it leaves out counts as nothing refused.</summary>
    public static SendAnswer Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            var position = root.TryGetProperty("position", out var at) && at.ValueKind == JsonValueKind.String ? at.GetString() : null;
            return new SendAnswer(RefusedIn(root), position);
        }
        catch (JsonException)
        {
            return new SendAnswer(0, null);
        }
    }

    private static int RefusedIn(JsonElement root)
    {
        if (!root.TryGetProperty("refused", out var refused)) return 0;
        return refused.ValueKind switch
        {
            JsonValueKind.Number => refused.GetInt32(),
            JsonValueKind.Array => refused.GetArrayLength(),
            _ => 0,
        };
    }
}
