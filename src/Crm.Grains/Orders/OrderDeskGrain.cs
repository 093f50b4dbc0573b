using Crm.Access;
using Crm.Hosting;
using Crm.Records;
using Microsoft.Extensions.Logging;

namespace Crm.Orders;

/// <summary>
/// Makes orders of events that are in the history. An event is forgotten when its order is written, so each is told at least once; told
/// twice it changes nothing.
/// </summary>
internal sealed partial class OrderDeskGrain(IOrderEvents events, ILogger<OrderDeskGrain> logger) : Grain, IOrderDeskGrain
{
    /// <summary>Events of one round: some 100 a second at most, which leaves the cores to what cannot wait.</summary>
    public const int MaxEvents = 50;

    private const int MaxHops = 16;

    private (int Partition, long Seq) _after = (-1, 0);

    public async Task<bool> Work()
    {
        var due = await events.Due(_after, MaxEvents);
        var told = await Task.WhenAll(due.GroupBy(e => e.Happened.Lane).Select(Tell));
        OrderEvent[] done = [.. told.SelectMany(t => t)];
        if (done.Length > 0) await events.Settle(done);

        // What has to wait does not hold up what lies behind it; it has its turn in the next round.
        _after = due.Count == MaxEvents ? (due[^1].Partition, due[^1].Seq) : (-1, 0);
        return due.Count == MaxEvents;
    }

    private async Task<IReadOnlyList<OrderEvent>> Tell(IEnumerable<OrderEvent> ofLane)
    {
        var done = new List<OrderEvent>();
        try
        {
            var waiting = ofLane.ToArray();
            var (known, customer) = await Customer(waiting[0].Happened.Lane);
            if (!known) return done;

            // Of whom nothing is left nothing is made.
            if (customer is null) return waiting;
            foreach (var told in waiting)
            {
                if (!await Tell(told, customer)) return done;
                done.Add(told);
            }
        }
        catch (Exception away)
        {
            LogWaits(away.GetType().Name);
        }

        return done;
    }

    private async Task<bool> Tell(OrderEvent told, string customer)
    {
        var (number, arguments) = OrderTelling.Read(told.Happened);
        arguments["customer"] = customer;
        var order = GrainFactory.Record(RecordKinds.Order, OrderTelling.Id(told.Happened, number));
        var answer = await order.Do(ToldOrders.Command, arguments.ToJsonString(), null, new ChangeCause(RecordState.ByEvents, null, OrderTelling.Cause(told.Happened)));
        if (answer.Refusal == RecordRefusal.None) return true;
        LogRefused(answer.Refusal);
        return answer.Refusal is not (RecordRefusal.Unknown or RecordRefusal.Missing);
    }

    // As the person is called now; null for nobody. False while nobody can say.
    private async Task<(bool Known, string? Customer)> Customer(string lane)
    {
        var id = lane;
        for (var hop = 0; hop < MaxHops; hop++)
        {
            var answer = await GrainFactory.Customer(id).View();
            if (answer.NotCurrent) return (false, null);
            if (answer.MovedTo is not { } moved) return (true, answer.View?.Id);
            id = moved;
        }

        return (false, null);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Orders of events wait after {Failure}, and are tried again")]
    private partial void LogWaits(string failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "An order did not take an event: {Refusal}")]
    private partial void LogRefused(RecordRefusal refusal);
}

/// <summary>Has orders made of events; whichever silo lives asks the one grain that does it.</summary>
internal sealed class OrderDeskWatch(IGrainFactory grains, TimeProvider clock, ILogger<OrderDeskWatch> logger) : SiloLoop(clock, logger)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_breath = TimeSpan.FromMilliseconds(400);

    protected override async Task<TimeSpan?> Turn(CancellationToken stop) => await grains.OrderDesk().Work().WaitAsync(stop) ? s_breath : s_pause;
}
