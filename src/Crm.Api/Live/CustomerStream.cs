using System.Buffers;
using System.Text.Json;
using System.Threading.Channels;
using Crm.Access;
using Crm.Customers;
using Crm.Hosting;
using Crm.Privacy;

namespace Crm.Live;

/// <summary>
/// A customer as it changes, for programs: server-sent events, each the whole profile. What changes while one is sent is in the next;
/// a lost connection begins with the profile as it is then, so nothing has to be made up for.
/// </summary>
internal sealed class CustomerStream(ILiveCustomers live, CustomerReads reads, TimeProvider clock)
{
    /// <summary>Where the id stands in the path.</summary>
    private const int IdSegment = 3;

    /// <summary>Streams of a process at once: each is a connection.</summary>
    private const int MaxStreams = 2_000;

    private static readonly TimeSpan s_beat = TimeSpan.FromSeconds(15);

    private static readonly Problem s_crowded = new(
        StatusCodes.Status503ServiceUnavailable, "crowded", "Too many streams are open.", "Try again after the pause.", 5);

    private int _open;

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/live/customers/{id}", (RequestDelegate)(context => context.RequestServices.GetRequiredService<CustomerStream>().Answer(context)))
        .RequireAuthorization(Policies.Read).ExcludeFromDescription();

    private async Task Answer(HttpContext context)
    {
        var found = await CustomerEndpoints.Find(context, IdSegment);
        if (found.View is not { } view || !await PurposeCheck.Passes(context, view.Consent)) return;
        if (Interlocked.Increment(ref _open) > MaxStreams)
        {
            Interlocked.Decrement(ref _open);
            await Problems.Write(context, s_crowded);
            return;
        }

        var ending = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, ending);
        try
        {
            await Send(context, found, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The reader left, or the process ends: both are the ordinary end of a stream.
            return;
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private async Task Send(HttpContext context, CustomerFound found, CancellationToken stop)
    {
        var (id, purpose) = (found.View!.Id, context.Request.Query["purpose"].ToString());
        var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var following = live.Follow(id, () => changes.Writer.TryWrite(true));
        var response = context.Response;
        await EventStream.Begin(response, stop);
        var sent = "";
        while (!stop.IsCancellationRequested)
        {
            if (found.View is { } view)
            {
                // Merged into another, or no longer allowed: whoever reads asks anew, and is told.
                if (view.Id != id || (purpose.Length > 0 && !view.Consent.Allows(purpose))) return;
                var tag = CustomerEndpoints.ETag(view);
                if (tag != sent) await response.Body.WriteAsync(Message(view, found.LagMs), stop);
                sent = tag;
            }

            await response.Body.FlushAsync(stop);
            if (!await Waits(changes.Reader, stop)) await response.WriteAsync(": still here\n\n", stop);
            found = await reads.Find(id, null, stop);
            if (found.Problem is { Status: StatusCodes.Status404NotFound }) return;
        }
    }

    // True when something changed, false when it is time for a sign of life.
    private async Task<bool> Waits(ChannelReader<bool> changes, CancellationToken stop)
    {
        try
        {
            await changes.ReadAsync(stop).AsTask().WaitAsync(s_beat, clock, stop);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private byte[] Message(CustomerView view, long lagMs)
    {
        var text = new ArrayBufferWriter<byte>(4_096);
        text.Write("event: profile\ndata: "u8);
        using (var json = new Utf8JsonWriter(text)) CustomerJson.Write(json, view, clock.GetUtcNow(), lagMs);
        text.Write("\n\n"u8);
        return text.WrittenSpan.ToArray();
    }
}
