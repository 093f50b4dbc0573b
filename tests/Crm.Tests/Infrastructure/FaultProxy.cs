using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Crm.Infrastructure;

/// <summary>What the network or an overloaded server does to a request.</summary>
internal enum Fault
{
    None,

    /// <summary>It arrives and counts, but the connection is cut before the answer.</summary>
    LoseAnswer,

    /// <summary>Answered 500 without having arrived.</summary>
    Error,

    /// <summary>Answered 429 with a Retry-After of a second, without having arrived.</summary>
    Busy,

    /// <summary>Answered 413 without having arrived.</summary>
    TooLong,

    /// <summary>Answered 401 without having arrived.</summary>
    WrongKey,
}

/// <param name="Path">With its query.</param>
/// <param name="Body">As text, unzipped.</param>
/// <param name="At">When it came, as <see cref="Stopwatch"/> tells.</param>
internal sealed record ProxiedRequest(string Method, string Path, IHeaderDictionary Headers, string Body, long At, Fault Fault)
{
    /// <summary>0 until it was answered, and when the answer was lost.</summary>
    public int Status { get; set; }
}

/// <summary>
/// Stands between clients and the API, serves pages of a shop, and does to what is sent as its rule says.
/// It answers on <c>127.0.0.1</c> and on <c>localhost</c>: to a browser two sites.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private static readonly string[] s_own = ["Host", "Connection", "Transfer-Encoding", "Keep-Alive"];

    private readonly HttpClient _api;
    private readonly ConcurrentQueue<ProxiedRequest> _requests = new();
    private readonly ConcurrentDictionary<string, string> _pages = new();
    private WebApplication? _host;

    private FaultProxy(Uri api) => _api = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = api };

    /// <summary>What is done to a request, before it is forwarded; it may be changed at any time.</summary>
    public Func<ProxiedRequest, Fault> Rule { get; set; } = _ => Fault.None;

    /// <summary>Where clients send to.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>The same as another site.</summary>
    public Uri OtherSite => new($"http://localhost:{Address.Port}/");

    /// <summary>What was sent, preflights too, in the order of its coming; plain reads are left out.</summary>
    public IReadOnlyList<ProxiedRequest> Requests => [.. _requests];

    public static async Task<FaultProxy> Start(Uri api)
    {
        var proxy = new FaultProxy(api);
        var port = RunProcess.FreePort();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
        proxy.Address = new Uri($"http://127.0.0.1:{port}/");
        proxy._host = builder.Build();
        proxy._host.Run(proxy.Handle);
        await proxy._host.StartAsync();
        return proxy;
    }

    /// <summary>Serves a page of the shop's own.</summary>
    public void Page(string path, string html) => _pages[path] = html;

    public async ValueTask DisposeAsync()
    {
        if (_host is not null) await _host.DisposeAsync();
        _api.Dispose();
    }

    private async Task Handle(HttpContext context)
    {
        if (HttpMethods.IsGet(context.Request.Method) && _pages.TryGetValue(context.Request.Path, out var html))
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            await context.Response.WriteAsync(html);
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var request = Seen(context.Request, body.ToArray());
        switch (request?.Fault ?? Fault.None)
        {
            case Fault.None:
                await Answer(context, request, body.ToArray());
                break;
            case Fault.LoseAnswer:
                using (await Forward(context.Request, body.ToArray()))
                    context.Abort();
                break;
            case Fault.Error:
                Refuse(context.Response, request!, StatusCodes.Status500InternalServerError);
                break;
            case Fault.Busy:
                context.Response.Headers.RetryAfter = "1";
                Refuse(context.Response, request!, StatusCodes.Status429TooManyRequests);
                break;
            case Fault.TooLong:
                Refuse(context.Response, request!, StatusCodes.Status413PayloadTooLarge);
                break;
            case Fault.WrongKey:
                Refuse(context.Response, request!, StatusCodes.Status401Unauthorized);
                break;
        }
    }

    private ProxiedRequest? Seen(HttpRequest request, byte[] body)
    {
        var asks = HttpMethods.IsGet(request.Method) && !request.QueryString.HasValue;
        if (asks || HttpMethods.IsHead(request.Method)) return null;
        var seen = new ProxiedRequest(
            request.Method, request.Path + request.QueryString, new HeaderDictionary(request.Headers.ToDictionary()), Text(body), Stopwatch.GetTimestamp(), Fault.None);
        seen = seen with { Fault = Rule(seen) };
        _requests.Enqueue(seen);
        return seen;
    }

    private static string Text(byte[] body)
    {
        if (body is not [0x1f, 0x8b, ..]) return Encoding.UTF8.GetString(body);
        using var unzipped = new StreamReader(new GZipStream(new MemoryStream(body), CompressionMode.Decompress));
        return unzipped.ReadToEnd();
    }

    private async Task Answer(HttpContext context, ProxiedRequest? request, byte[] body)
    {
        using var answer = await Forward(context.Request, body);
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (!s_own.Contains(name, StringComparer.OrdinalIgnoreCase)) context.Response.Headers[name] = values.ToArray();
        }

        await answer.Content.CopyToAsync(context.Response.Body);
        if (request is not null) request.Status = (int)answer.StatusCode;
    }

    private async Task<HttpResponseMessage> Forward(HttpRequest from, byte[] body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(from.Method), new Uri(from.Path.ToUriComponent() + from.QueryString, UriKind.Relative));
        if (body.Length > 0) request.Content = new ByteArrayContent(body);
        foreach (var (name, values) in from.Headers)
        {
            if (s_own.Contains(name, StringComparer.OrdinalIgnoreCase)) continue;
            if (!request.Headers.TryAddWithoutValidation(name, values.ToArray())) request.Content?.Headers.TryAddWithoutValidation(name, values.ToArray());
        }

        // As reverse proxies do: what the API says of its own address is then the proxy's.
        request.Headers.Host = from.Host.Value;
        return await _api.SendAsync(request);
    }

    // A browser shows a page no status without these, whoever refuses.
    private static void Refuse(HttpResponse response, ProxiedRequest request, int status)
    {
        response.StatusCode = request.Status = status;
        response.Headers.AccessControlAllowOrigin = "*";
        response.Headers.AccessControlExposeHeaders = "Retry-After";
        response.Headers.ContentLength = 0;
    }
}
