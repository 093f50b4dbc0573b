using System.Text.Json.Nodes;
using Crm.Calls;

namespace Crm.Records;

/// <summary>
/// Changes of many records, one after the other beside what else is done on the pages. Each record is changed as by hand, by the API, with its
/// rules; what is refused is counted. It goes on from page to page, for as long as the tab is open.
/// </summary>
public sealed class BulkWork(Api api, TimeProvider clock) : IDisposable
{
    /// <summary>Records of one change: more are for a narrower filter, or for a program.</summary>
    public const int Most = 10_000;

    /// <summary>On their way at a time, so that others at work do not wait.</summary>
    private const int AtOnce = 4;

    private const int PageSize = 200;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    private readonly Lock _counting = new();
    private CancellationTokenSource _stop = new();
    private List<string> _done = [];
    private long _told;

    /// <summary>It went on, at most four times a second, or ended.</summary>
    public event Action? Changed;

    /// <summary>Kind of the records; null when nothing was begun.</summary>
    public RecordKind? Kind { get; private set; }

    /// <summary>What is done.</summary>
    public BulkChange? Change { get; private set; }

    /// <summary>How many there are; null while they are looked for.</summary>
    public int? Total { get; private set; }

    /// <summary>Those that were changed.</summary>
    public IReadOnlyList<string> Done => _done;

    /// <summary>Those that were refused.</summary>
    public int Refused { get; private set; }

    /// <summary>Why the first of them was.</summary>
    public ApiAnswer? Why { get; private set; }

    /// <summary>It is at work.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>Somebody stopped it.</summary>
    public bool IsStopped => _stop.IsCancellationRequested;

    /// <summary>Begins with records that are known.</summary>
    public Task Start(RecordKind kind, BulkChange change, IReadOnlyList<JsonObject> records) => Run(kind, change, () => Task.FromResult<ApiAnswer?>(null), [.. records.Take(Most)]);

    /// <summary>Begins with all that a list shows.</summary>
    /// <param name="question">The list's filter and search, as a query.</param>
    public Task Start(RecordKind kind, BulkChange change, string question)
    {
        var records = new List<JsonObject>();
        return Run(kind, change, () => Find(kind, question, records), records);
    }

    /// <summary>Ends it where it is: what was changed stays so.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>It was seen.</summary>
    public void Clear()
    {
        if (IsBusy) return;
        Change = null;
        Changed?.Invoke();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task Run(RecordKind kind, BulkChange change, Func<Task<ApiAnswer?>> find, List<JsonObject> records)
    {
        if (IsBusy) return;
        _stop.Dispose();
        _stop = new CancellationTokenSource();
        (Kind, Change, Total, _done, Refused, Why, IsBusy) = (kind, change, null, [], 0, null, true);
        Changed?.Invoke();
        try
        {
            if (await find() is { } wrong)
            {
                (Refused, Why) = (1, wrong);
                return;
            }

            Total = records.Count;
            var last = -1;
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
            {
                while (!_stop.IsCancellationRequested && Interlocked.Increment(ref last) is var at && at < records.Count) await One(kind, change, records[at]);
            }));
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
        finally
        {
            IsBusy = false;
            Changed?.Invoke();
        }
    }

    private async Task One(RecordKind kind, BulkChange change, JsonObject record)
    {
        var id = record.Text("id")!;
        var answer = await change.Run(api, RecordPaths.Api(kind.Name, id), record);
        lock (_counting)
        {
            if (answer.Is) _done.Add(id);
            else
            {
                Refused++;
                Why ??= answer;
            }

            if (clock.GetElapsedTime(_told) < s_pause) return;
            _told = clock.GetTimestamp();
        }

        Changed?.Invoke();
    }

    // All of them first: a change may take a record out of the very list.
    private async Task<ApiAnswer?> Find(RecordKind kind, string question, List<JsonObject> found)
    {
        var cursor = "";
        do
        {
            var answer = await api.Get($"/api/v1/{kind.Plural}?limit={PageSize}&fields=id,tags,recordVersion{question}{cursor}", _stop.Token);
            if (!answer.Is) return answer;
            found.AddRange(answer.Items.Take(Most - found.Count));
            cursor = answer.Object.Text("next") is { } next ? "&cursor=" + Uri.EscapeDataString(next) : "";
        }
        while (cursor.Length > 0 && found.Count < Most);
        return null;
    }
}
