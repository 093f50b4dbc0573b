using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Calls;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.TestHost;

namespace Crm.Pages;

/// <summary>Two doors to the same API: the network, and a call within the process for the pages that it draws itself.</summary>
internal sealed class InnerServer(IServer network, TestServer inner) : IServer, IApiDoor
{
    private const int MaxAnswerBytes = 32 * 1024 * 1024;

    public IFeatureCollection Features => network.Features;

    public async Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        await ((IServer)inner).StartAsync(application, cancellationToken);
        await network.StartAsync(application, cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await network.StopAsync(cancellationToken);
        await ((IServer)inner).StopAsync(cancellationToken);
    }

    public void Dispose()
    {
        network.Dispose();
        inner.Dispose();
    }

    /// <inheritdoc/>
    public async Task<ApiAnswer> Ask(ApiRequest request, CancellationToken stop)
    {
        try
        {
            var context = await inner.SendAsync(c => Fill(c, request), stop);
            return new ApiAnswer(context.Response.StatusCode, await Json(context.Response, stop)) { ETag = context.Response.Headers.ETag.ToString() is { Length: > 0 } tag ? tag : null };
        }
        catch (IOException) when (stop.IsCancellationRequested)
        {
            // An answer that is given up between its head and its body ends in these words.
            throw new OperationCanceledException(stop);
        }
    }

    private static void Fill(HttpContext context, ApiRequest request)
    {
        var (path, query) = request.Path.Split('?', 2) is [var p, var q] ? (p, "?" + q) : (request.Path, "");
        context.Request.Method = request.Method;
        context.Request.Scheme = "http";
        context.Request.Host = new HostString("localhost");
        context.Request.Path = PathString.FromUriComponent(path);
        context.Request.QueryString = new QueryString(query);
        context.Features.Get<IHttpRequestFeature>()!.RawTarget = request.Path;
        context.Connection.RemoteIpAddress = request.Address;
        var headers = context.Request.Headers;
        if (request.Session is { } session) headers[PersonHandler.TokenHeader] = session;
        if (request.IfMatch is { } match) headers.IfMatch = match;
        if (request.IdempotencyKey is { } key) headers[Hosting.Idempotency.Header] = key;
        if (request.Body is not { } body) return;
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body);
        headers.ContentType = request.Method == HttpMethods.Patch ? "application/merge-patch+json" : "application/json";
        context.Request.ContentLength = bytes.Length;
        context.Request.Body = new MemoryStream(bytes);
    }

    private static async Task<JsonNode?> Json(HttpResponse response, CancellationToken stop)
    {
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await response.Body.ReadAsync(buffer, stop)) > 0;)
        {
            if (body.Length + read > MaxAnswerBytes) throw new InvalidDataException("The answer is longer than a page can show.");
            body.Write(buffer, 0, read);
        }

        if (body.Length == 0) return null;
        body.Position = 0;
        try
        {
            return await JsonNode.ParseAsync(body, cancellationToken: stop);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
