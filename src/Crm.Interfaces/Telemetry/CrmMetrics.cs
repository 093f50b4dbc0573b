using System.Diagnostics.Metrics;

namespace Crm;

/// <summary>
/// What this process counts and measures: meter <c>Crm</c>. One instance a process, from the container. Calls without a tag
/// allocate nothing; times are in seconds.
/// </summary>
public sealed class CrmMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Crm";

    /// <summary>Most partitions that are measured by number; a log has far fewer.</summary>
    public const int MaxPartitions = 1_024;

    private const double NotHere = -1;
    private readonly Meter _meter;
    private readonly Counter<long> _accepted, _refused, _appended, _appendBatches, _applied, _persisted, _history;
    private readonly Counter<long> _rejected, _deadLetters, _healed, _marked;
    private readonly Histogram<double> _ack, _persist;
    private readonly UpDownCounter<long> _parked, _customers, _resting;
    private readonly double[] _lag = Absent();
    private readonly double[] _historyLag = Absent();

    /// <summary>Makes the instruments, on the host's meter factory when there is one.</summary>
    public CrmMetrics(IMeterFactory? factory = null)
    {
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _accepted = Events("crm.accepted", "Events accepted over HTTP: durable, answered 200.");
        _refused = Events("crm.refused", "Events or calls refused, by reason.");
        _appended = Events("crm.appended", "Events made durable in the log.");
        _appendBatches = _meter.CreateCounter<long>("crm.append_batches", "{batch}", "Group commits to the log.");
        _applied = Events("crm.applied", "Events that customers have taken.");
        _persisted = _meter.CreateCounter<long>("crm.persisted", "{row}", "Customer rows stored.");
        _history = _meter.CreateCounter<long>("crm.history", "{row}", "Rows written to the history.");
        _rejected = Events("crm.rejected", "Events that did not count, by reason.");
        _marked = Events("crm.marked", "Events accepted with a mark: of known crawlers, of customers that sent too much.");
        _deadLetters = Events("crm.dead_letters", "Events that the rules failed on, kept with the reason.");
        _healed = Events("crm.healed", "Events given again to customers that were behind.");
        _ack = Seconds("crm.ack", "From the first byte of an ingest call to its answer.");
        _persist = Seconds("crm.persist", "One write of many customers, queueing left out.");
        _parked = _meter.CreateUpDownCounter<long>("crm.parked", "{lane}", "Lanes set aside because their customer cannot take events.");
        _customers = _meter.CreateUpDownCounter<long>("crm.customers_active", "{customer}", "Customers in memory.");
        _resting = _meter.CreateUpDownCounter<long>("crm.customers_resting", "{customer}", "Of them those of whom only the stored form is kept, since nothing is heard of them.");
        _meter.CreateObservableGauge("crm.lag", () => Measure(_lag), "s", "Age of the oldest event not yet applied, by partition delivered here.");
        _meter.CreateObservableGauge("crm.history_lag", () => Measure(_historyLag), "s", "Age of the oldest event not yet in the history, by partition delivered here.");
    }

    /// <summary>The meter itself, for listeners that must tell several in one process apart.</summary>
    internal Meter Meter => _meter;

    /// <summary>Events are durable and answered 200.</summary>
    public void Accepted(long events) => _accepted.Add(events);

    /// <summary>Events, or a whole call (one), were refused; <paramref name="reason"/> is one of a few fixed words.</summary>
    public void Refused(string reason, long events = 1) => _refused.Add(events, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>An accepted event carries a mark; <paramref name="mark"/> is one of a few fixed words (<c>crawler</c>, <c>flood</c>).</summary>
    public void Marked(string mark) => _marked.Add(1, new KeyValuePair<string, object?>("mark", mark));

    /// <summary>One group commit made events durable.</summary>
    public void Appended(long events)
    {
        _appended.Add(events);
        _appendBatches.Add(1);
    }

    /// <summary>An ingest call was answered.</summary>
    public void Acked(TimeSpan took) => _ack.Record(took.TotalSeconds);

    /// <summary>Customers took events.</summary>
    public void Applied(long events) => _applied.Add(events);

    /// <summary>One write stored customer rows.</summary>
    public void Persisted(long rows, TimeSpan took)
    {
        _persisted.Add(rows);
        _persist.Record(took.TotalSeconds);
    }

    /// <summary>Rows were written to the history.</summary>
    public void HistoryWritten(long rows) => _history.Add(rows);

    /// <summary>Events did not count; <paramref name="reason"/> is one of a few fixed words (<c>duplicate</c>, <c>poison</c>).</summary>
    public void Rejected(string reason, long events = 1) => _rejected.Add(events, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>An event became a dead letter.</summary>
    public void DeadLettered() => _deadLetters.Add(1);

    /// <summary>Events were given again to a customer that was behind.</summary>
    public void Healed(long events) => _healed.Add(events);

    /// <summary>Lanes were parked (above 0) or taken up again (below 0).</summary>
    public void Parked(int lanes) => _parked.Add(lanes);

    /// <summary>Customers began to rest; with a minus, came to themselves or left.</summary>
    public void CustomersResting(int more) => _resting.Add(more);

    /// <summary>A customer came into memory.</summary>
    public void CustomerActivated() => _customers.Add(1);

    /// <summary>A customer left memory.</summary>
    public void CustomerDeactivated() => _customers.Add(-1);

    /// <summary>How far a partition that is delivered here is behind.</summary>
    public void Lag(int partition, TimeSpan delivery, TimeSpan history)
    {
        if ((uint)partition >= MaxPartitions) return;
        Volatile.Write(ref _lag[partition], delivery.TotalSeconds);
        Volatile.Write(ref _historyLag[partition], history.TotalSeconds);
    }

    /// <summary>A partition is no longer delivered here.</summary>
    public void LagGone(int partition)
    {
        if ((uint)partition >= MaxPartitions) return;
        Volatile.Write(ref _lag[partition], NotHere);
        Volatile.Write(ref _historyLag[partition], NotHere);
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static double[] Absent()
    {
        var values = new double[MaxPartitions];
        Array.Fill(values, NotHere);
        return values;
    }

    private static IEnumerable<Measurement<double>> Measure(double[] values)
    {
        for (var partition = 0; partition < values.Length; partition++)
        {
            var value = Volatile.Read(ref values[partition]);
            if (value >= 0) yield return new Measurement<double>(value, new KeyValuePair<string, object?>("partition", partition));
        }
    }

    private Counter<long> Events(string name, string description) => _meter.CreateCounter<long>(name, "{event}", description);

    // Bounds from a quarter of a millisecond (an ack on a quiet machine) to the longest a caller waits.
    private Histogram<double> Seconds(string name, string description) => _meter.CreateHistogram(name, "s", description, advice: new InstrumentAdvice<double>
    {
        HistogramBucketBoundaries = [.00025, .0005, .001, .002, .003, .005, .0075, .01, .015, .02, .03, .05, .1, .25, .5, 1, 2.5, 5, 10],
    });
}
