using Crm.Company;

namespace Crm.Records;

/// <summary>
/// Goes through all records that hold money when the base currency or the rates have changed. How far it came is stored, and each
/// step can be repeated.
/// </summary>
internal sealed class WorthsGrain(
    IRecordWorths worths, ICompanySettings company, ICustomFields own, TimeProvider clock) : Grain, IWorthsGrain
{
    /// <summary>Records of one round; each that changes is a write of its own.</summary>
    private const int MaxRecords = 200;

    /// <summary>Silos' copies of the settings are a few seconds old at most.</summary>
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(20);

    private WorthState? _state;
    private CompanySettings? _settings;

    public override async Task OnActivateAsync(CancellationToken cancellationToken) => _state = await worths.Read(cancellationToken);

    public async Task<bool> Work()
    {
        var now = company.Current;
        if (!ReferenceEquals(now, _settings))
        {
            await Compare(now);
            _settings = now;
        }

        if (_state?.Work is not { } work || clock.GetUtcNow() < work.From) return false;
        var kinds = RecordKind.All;
        var at = Math.Max(0, kinds.ToList().FindIndex(k => k.Name == work.Kind));
        var ids = await worths.Holders(own.Of(kinds[at]), work.After, work.All, MaxRecords);
        var cause = new ChangeCause("crm", null, Guid.NewGuid());
        var answers = await Task.WhenAll(ids.Select(id => GrainFactory.Record(kinds[at].Name, id).Revalue(work.All, cause)));

        // It is unknown whether some are stored: all of them again.
        if (answers.Any(a => a.Refusal == RecordRefusal.Unknown)) return true;
        var next = ids.Count == MaxRecords ? work with { Kind = kinds[at].Name, After = ids[^1] }
            : at + 1 < kinds.Count ? work with { Kind = kinds[at + 1].Name, After = "" }
            : null;
        await Keep(_state with { Work = next });
        return next is not null;
    }

    public async Task<bool> IsSettled(string terms)
    {
        // Who asks may have changed them a moment ago.
        _state = await worths.Read();
        return _state is null || (_state.Terms == terms && _state.Work is null);
    }

    /// <summary>The first terms are those that all records were written by.</summary>
    private async Task Compare(CompanySettings now)
    {
        var terms = now.WorthTerms();
        if (_state is null) await Keep(new WorthState(terms, now.BaseCurrency, null));
        else if (_state.Terms != terms)
        {
            var all = _state.Currency != now.BaseCurrency || _state.Work is { All: true };
            await Keep(new WorthState(terms, now.BaseCurrency, new WorthWork(all, clock.GetUtcNow() + s_settled, "", "")));
        }
    }

    private async Task Keep(WorthState state)
    {
        await worths.Write(state);
        _state = state;
    }
}
