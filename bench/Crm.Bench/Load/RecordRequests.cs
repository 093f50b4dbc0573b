using System.Text;
using System.Text.Json;

namespace Crm.Bench;

/// <summary>Requests of the API of records.</summary>
internal static class RecordRequests
{
    /// <summary>A request as bytes.</summary>
    public static byte[] Of(string key, string method, string path, string? body = null)
    {
        var content = body is null ? "" : $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n";
        return Encoding.UTF8.GetBytes($"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n{content}\r\n{body}");
    }

    /// <summary>Sends one; the answer's JSON.</summary>
    /// <exception cref="InvalidOperationException">It was not answered 200 or 201.</exception>
    public static async Task<JsonElement> Json(HttpConnection connection, string key, string method, string path, string? body = null)
    {
        var answer = await connection.Send(Of(key, method, path, body));
        if (answer.Status is not (200 or 201)) throw new InvalidOperationException($"{method} {path} was answered {answer.Status}: {Encoding.UTF8.GetString(answer.Body.Span)}");
        using var document = JsonDocument.Parse(answer.Body);
        return document.RootElement.Clone();
    }

    /// <summary>Ids of a list's first records.</summary>
    public static async Task<string[]> Ids(HttpConnection connection, string key, string list, int count)
    {
        var (ids, next) = (new List<string>(), "");
        while (ids.Count < count)
        {
            var page = await Json(connection, key, "GET", list + (list.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "limit=200" + next);
            ids.AddRange(page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetString()!));
            if (page.GetProperty("next").GetString() is not { } cursor) break;
            next = "&cursor=" + Uri.EscapeDataString(cursor);
        }

        return [.. ids.Take(count)];
    }
}
