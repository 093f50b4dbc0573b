using System.Text.Json;
using Crm.CommandLine;

namespace Crm.Clickstream;

/// <summary>How far the log is, as the API's <c>/v1/log</c> says.</summary>
internal static class LiveLog
{
    /// <summary>The partitions, and the events that are applied in all of them.</summary>
    /// <exception cref="CommandFailedException">The API does not answer, or not to this key.</exception>
    public static async Task<(LogStatus Status, long Applied)> Read(HttpClient http, CancellationToken stop)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri("v1/log", UriKind.Relative), stop);
            if (!answer.IsSuccessStatusCode)
                throw new CommandFailedException($"the API answers {(int)answer.StatusCode}; a server key may ask, a write key may not.");
            using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(stop));
            var log = json.RootElement;
            var partitions = log.GetProperty("partitions").EnumerateArray().ToArray();
            var status = new LogStatus(log.GetProperty("logId").GetString(), TimeProvider.System.GetUtcNow(), [.. partitions.Select(Partition)], []);
            if (log.GetProperty("unreachable").GetInt32() is > 0 and var away)
                throw new CommandFailedException($"{away} partitions cannot be reached now. Without --key the database is asked.");
            return (status, partitions.Sum(p => Number(p, "applied")));
        }
        catch (HttpRequestException failed)
        {
            throw new CommandFailedException($"the API at {http.BaseAddress} does not answer ({failed.Message}). Without --key the database is asked.");
        }
    }

    private static PartitionStatus Partition(JsonElement one) => new(
        (int)Number(one, "partition"), Number(one, "head"), Number(one, "checkpoint"), Number(one, "history"),
        Number(one, "lagMs"), Number(one, "historyLagMs"), Number(one, "parked"));

    private static long Number(JsonElement one, string name) => one.GetProperty(name).GetInt64();
}
