namespace Crm.Live;

/// <summary>How every answer of server-sent events begins.</summary>
internal static class EventStream
{
    /// <summary>Says what it is, that nobody between may keep or gather it, and after how many milliseconds a lost reader comes again.</summary>
    public static ValueTask Begin(HttpResponse response, CancellationToken stop)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        return response.Body.WriteAsync("retry: 2000\n\n"u8.ToArray(), stop);
    }
}
