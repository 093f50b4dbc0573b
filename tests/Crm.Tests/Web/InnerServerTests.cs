using Crm.Calls;
using Crm.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Xunit;

namespace Crm.Web;

public sealed class InnerServerTests
{
    [Fact]
    public async Task An_answer_given_up_after_its_head_is_a_cancelled_question_and_no_failure()
    {
        var head = new TaskCompletionSource();
        await using var app = await Serve(async context =>
        {
            await context.Response.WriteAsync("{");
            await context.Response.Body.FlushAsync();
            head.SetResult();
            await new TaskCompletionSource().Task.WaitAsync(context.RequestAborted);
        });
        using var stop = new CancellationTokenSource();
        using var server = app.GetTestServer();
        using var door = new InnerServer(server, server);

        var asked = door.Ask(new ApiRequest("GET", "/slow"), stop.Token);
        await head.Task;
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
    }

    private static async Task<WebApplication> Serve(RequestDelegate answer)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return app;
    }
}
