using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Crm.Infrastructure;

namespace Crm.Clients;

/// <summary>
/// Does to the first two tries of a request what the order of its first coming decides: every fault befalls some, and the third try
/// comes through, for some clients make only four. A request is known again by its first event's id.
/// </summary>
internal sealed partial class BadNetwork
{
    private static readonly Fault[] s_first =
        [Fault.LoseAnswer, Fault.Error, Fault.Busy, Fault.None, Fault.LoseAnswer, Fault.Error, Fault.None, Fault.Busy, Fault.LoseAnswer, Fault.None];

    private static readonly Fault[] s_second =
        [Fault.LoseAnswer, Fault.None, Fault.Error, Fault.None, Fault.Error, Fault.LoseAnswer, Fault.None, Fault.None, Fault.None, Fault.None];

    private readonly ConcurrentDictionary<string, (int Number, int Tries)> _known = new();
    private readonly ConcurrentDictionary<Fault, int> _done = new();
    private int _numbers = -1;

    /// <summary>How often each fault was done.</summary>
    public IReadOnlyDictionary<Fault, int> Done => _done;

    public Fault Rule(ProxiedRequest request)
    {
        var id = request.Headers["ce-id"] is [{ } cloud] ? cloud : FirstId().Match(request.Body) is { Success: true } found ? found.Groups[1].Value : null;
        if (id is null) return Fault.None;
        var (number, tries) = _known.AddOrUpdate(id, _ => (Interlocked.Increment(ref _numbers) % s_first.Length, 1), (_, before) => (before.Number, before.Tries + 1));
        var fault = tries switch
        {
            1 => s_first[number],
            2 => s_second[number],
            _ => Fault.None,
        };
        _done.AddOrUpdate(fault, 1, (_, before) => before + 1);
        return fault;
    }

    [GeneratedRegex("""
        "(?:messageId|uuid|eid|id)"\s*:\s*"([^"]+)"
        """)]
    private static partial Regex FirstId();
}
