using System.Diagnostics.Metrics;
using Xunit;

namespace Crm.Hosting;

/// <summary>What is counted shows under the name that dashboards use, and counting allocates nothing.</summary>
public sealed class CrmMetricsTests
{
    [Fact]
    public void Each_call_reaches_its_instrument()
    {
        using var metrics = new CrmMetrics();
        var seen = new Dictionary<string, double>();
        using var listener = Listen(metrics, (name, value) => seen[name] = seen.GetValueOrDefault(name) + value);

        metrics.Accepted(5);
        metrics.Refused("full", 2);
        metrics.Marked("crawler");
        metrics.Appended(100);
        metrics.Acked(TimeSpan.FromMilliseconds(3));
        metrics.Applied(90);
        metrics.Persisted(7, TimeSpan.FromMilliseconds(20));
        metrics.HistoryWritten(80);
        metrics.Rejected("duplicate");
        metrics.DeadLettered();
        metrics.Healed(4);
        metrics.Parked(3);
        metrics.Parked(-1);
        metrics.CustomerActivated();
        metrics.CustomerActivated();
        metrics.CustomerDeactivated();
        metrics.Lag(3, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(9));
        metrics.Lag(4, TimeSpan.FromSeconds(1), TimeSpan.Zero);
        metrics.LagGone(4);
        metrics.Lag(CrmMetrics.MaxPartitions, TimeSpan.FromSeconds(50), TimeSpan.Zero);
        listener.RecordObservableInstruments();

        Assert.Equal(
            [
                "crm.accepted=5", "crm.ack=0.003", "crm.append_batches=1", "crm.appended=100", "crm.applied=90", "crm.customers_active=1",
                "crm.dead_letters=1", "crm.healed=4", "crm.history=80", "crm.history_lag=9", "crm.lag=2", "crm.marked=1", "crm.parked=2",
                "crm.persist=0.02", "crm.persisted=7", "crm.refused=2", "crm.rejected=1",
            ],
            seen.Select(s => FormattableString.Invariant($"{s.Key}={s.Value}")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Counting_allocates_nothing()
    {
        using var metrics = new CrmMetrics();
        var total = 0d;
        using var listener = Listen(metrics, (_, value) => total += value);
        Count(metrics);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++) Count(metrics);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Count(CrmMetrics metrics)
    {
        metrics.Accepted(1);
        metrics.Appended(1);
        metrics.Applied(1);
        metrics.Acked(TimeSpan.FromMilliseconds(1));
        metrics.Persisted(1, TimeSpan.FromMilliseconds(1));
        metrics.Lag(1, TimeSpan.Zero, TimeSpan.Zero);
    }

    private static MeterListener Listen(CrmMetrics metrics, Action<string, double> hear)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter == metrics.Meter) self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => hear(instrument.Name, value));
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => hear(instrument.Name, value));
        listener.Start();
        return listener;
    }
}
