using System.Collections.Concurrent;
using System.Reflection;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Crm.Delivery;

/// <summary>Calls, answers and storage operations under way.</summary>
internal sealed partial class World
{
    private static readonly ConcurrentDictionary<(Type, string), bool> InterleavingMethods = new();

    /// <summary>As Orleans' response timeout.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Messages that arrive while a storage operation runs, among them other operations.</summary>
    private const int MostTogether = 8;

    private readonly List<Message> _messages = [];
    private readonly List<Action> _started = [];
    private readonly Queue<(DateTimeOffset At, Action GiveUp)> _deadlines = new();

    private int _dues;

    private int MessageCount => _messages.Count;

    /// <param name="Arrive">True when the message is done with; false when it stays under way.</param>
    private sealed record Message(string What, Func<bool> Arrive);

    /// <summary>Sends something that arrives at any later time, once.</summary>
    public void Send(string what, Action arrive) => _messages.Add(new Message(what, () =>
    {
        arrive();
        return true;
    }));

    /// <summary>Calls a grain. The call may be lost, or time out for its caller and still run; its answer may be lost.</summary>
    public Task<T> Call<T>(GrainId target, Type contract, string method, string words, Func<object, Task<T>> invoke)
    {
        var what = $"{target.Key}.{method}({words})";
        var answer = new TaskCompletionSource<T>();
        Request? request = null;
        request = new Request(what, Interleaves(contract, method), Run, Fail, () => SendRequest(request!));
        SendRequest(request);
        _deadlines.Enqueue((Clock.GetUtcNow() + CallTimeout, () => answer.TrySetException(TimedOut())));
        return answer.Task;

        async Task Run(object grain)
        {
            try
            {
                var result = await invoke(grain);
                Send($"answer {what} = {result}", () =>
                {
                    if (Fault(Scenario.AnswerIsLost)) answer.TrySetException(TimedOut());
                    else answer.TrySetResult(result);
                });
            }
            catch (Exception failure)
            {
                Send($"failure {what}: {failure.GetType().Name}", () => answer.TrySetException(failure));
            }
        }

        void Fail(Exception failure) => Send($"failure {what}: {failure.GetType().Name}", () => answer.TrySetException(failure));

        void SendRequest(Request sent) => _messages.Add(new Message(what, () =>
        {
            if (Fault(Scenario.CallTimesOut))
            {
                answer.TrySetException(TimedOut());
                return false;
            }

            if (Fault(Scenario.CallIsLost)) answer.TrySetException(TimedOut());
            else Route(target).Receive(sent);
            return true;
        }));
    }

    /// <summary>Sets due times apart by less than the clock's step: who comes first of those due at the same time is nobody's promise.</summary>
    public DateTimeOffset? Apart(DateTimeOffset? due) => due?.AddMicroseconds(-++_dues);

    /// <summary>A storage operation that changes nothing.</summary>
    public Task<T> Read<T>(string what, Func<Task<T>> run, CancellationToken stop, bool isIll = false)
    {
        var answer = new TaskCompletionSource<T>();
        Send(what, () =>
        {
            if (stop.IsCancellationRequested) answer.TrySetCanceled(stop);
            else if (isIll || _isPostgresAway || Fault(Scenario.ReadFails)) answer.TrySetException(new StorageFailure());
            else Finish(what, run, answer);
        });
        return answer.Task;
    }

    /// <summary>
    /// A storage operation that changes something: it may fail, run and seem to fail, or seem to fail and run later.
    /// <paramref name="refusal"/> is what a store says that surely has not run it.
    /// </summary>
    public Task<T> Write<T>(string what, Func<Task<T>> run, CancellationToken stop, Func<Exception>? refusal = null, bool isIll = false)
    {
        var answer = new TaskCompletionSource<T>();
        Send(what, () =>
        {
            if (stop.IsCancellationRequested && Random.Next(2) == 0) answer.TrySetCanceled(stop);
            else if (isIll || _isPostgresAway) answer.TrySetException(refusal is not null && Random.Next(2) == 0 ? refusal() : new StorageFailure());
            else if (Fault(Scenario.WriteFails)) answer.TrySetException(new StorageFailure());
            else if (refusal is not null && Fault(Scenario.WriteIsRefused)) answer.TrySetException(refusal());
            else if (Fault(Scenario.WriteIsUnknown)) Lose(run(), answer);
            else if (Fault(Scenario.WriteIsLate)) Delay(what, run, answer);
            else Finish(what, run, answer);
        });
        return answer.Task;
    }

    // Real storage answers from other threads; the world waits for it, so that its order stays that of the seed.
    private void Finish<T>(string what, Func<Task<T>> run, TaskCompletionSource<T> answer)
    {
        var running = run();
        if (!Storage.TakesTogether) WaitFor(running);
        _started.Add(() =>
        {
            try
            {
                var result = running.GetAwaiter().GetResult();
                Send($"answer {what} = {Words.Of(result)}", () => answer.TrySetResult(result));
            }
            catch (Exception failure)
            {
                Send($"failure {what}: {failure.GetType().Name}", () => answer.TrySetException(failure));
            }
        });
    }

    private static void Lose<T>(Task<T> ran, TaskCompletionSource<T> answer)
    {
        WaitFor(ran);
        answer.TrySetException(new StorageFailure());
    }

    private void Delay<T>(string what, Func<Task<T>> run, TaskCompletionSource<T> answer)
    {
        answer.TrySetException(new StorageFailure());
        Send($"late {what}", () => WaitFor(run()));
    }

    // Nobody hears of its answer, so it may fail as well.
    private static void WaitFor(Task running) => Task.WaitAny(running);

    private void DeliverOne()
    {
        ArriveOne();
        if (Storage.TakesTogether && _started.Count > 0)
            for (var more = Random.Next(MostTogether); more > 0; more--) ArriveOne();
        if (_started.Count > 0 && Fault(Scenario.ConnectionsBreak)) Storage.BreakConnections();
        foreach (var finish in _started) finish();
        _started.Clear();
    }

    private void ArriveOne()
    {
        if (_messages.Count == 0) return;
        var at = Random.Next(_messages.Count);
        var message = _messages[at];
        Note(message.What);
        if (!message.Arrive()) return;

        // New messages may have come meanwhile, but only behind the others.
        _messages[at] = _messages[^1];
        _messages.RemoveAt(_messages.Count - 1);
    }

    private void PassTime(TimeSpan time)
    {
        Clock.Advance(time);
        while (_deadlines.TryPeek(out var next) && next.At <= Clock.GetUtcNow()) _deadlines.Dequeue().GiveUp();
        RunTurns();
    }

    private IEnumerable<string> MessageNames() => _messages.Select(m => m.What);

    private static bool Interleaves(Type contract, string method) => InterleavingMethods.GetOrAdd(
        (contract, method), static key => key.Item1.GetMethod(key.Item2)!.IsDefined(typeof(AlwaysInterleaveAttribute)));

    private static TimeoutException TimedOut() => new("The call timed out.");

    private sealed class StorageFailure() : Exception("The connection broke.");
}
