using System.Text.Json;

namespace Crm.Sending;

/// <summary>Asks the API which log it writes to.</summary>
internal static class LogProbe
{
    /// <summary>The log's identity, or null when the key may not ask or the API does not answer now.</summary>
    public static async Task<string?> Identity(HttpClient http, CancellationToken stop)
    {
        try
        {
            using var response = await http.GetAsync(new Uri("v1/log", UriKind.Relative), stop);
            if (!response.IsSuccessStatusCode) return null;
            using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(stop));
            return json.RootElement.TryGetProperty("logId", out var id) ? id.GetString() : null;
        }
        catch (Exception broken) when (broken is HttpRequestException or JsonException || (broken is OperationCanceledException && !stop.IsCancellationRequested))
        {
            return null;
        }
    }
}
