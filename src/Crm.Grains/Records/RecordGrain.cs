using System.Text.Json.Nodes;
using Crm.Company;
using Crm.Customers;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Crm.Records;

/// <summary>
/// One record's turns: decide, then write once. A write whose end is unknown ends the activation; the next one reads what is
/// stored, and a command that comes again is known by its cause.
/// </summary>
internal sealed partial class RecordGrain(
    IGrainContext context, IRecordStore store, RecordRuleBook book, ICustomFields own, ICompanySettings company, TimeProvider clock,
    ILogger<RecordGrain> logger)
    : IGrainBase, IRecordGrain
{
    private RecordKind _kind = null!;
    private RecordRules _rules = null!;
    private string _id = "";
    private StoredRecord? _stored;
    private Guid _last;

    public IGrainContext GrainContext => context;

    public async Task OnActivateAsync(CancellationToken token)
    {
        var key = context.GrainId.Key.ToString()!;
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        _kind = RecordKind.Named(key[..slash]) ?? throw new ArgumentException($"There is no kind of record {key[..slash]}.");
        _rules = book.Of(_kind.Name);
        _id = key[(slash + 1)..];
        await Load(token);
    }

    public Task<RecordState?> Get() => Task.FromResult(_stored?.State);

    public Task Refresh() => Load(CancellationToken.None);

    public async Task<RecordAnswer> Create(string fields, ChangeCause cause)
    {
        if (_last == cause.Cause) return Now();
        if (_stored is { RowVersion: > 0 }) return new RecordAnswer(RecordRefusal.Exists, _stored.State);
        var (made, errors) = await Completed(null, all => RecordEdit.Create(own.Of(_kind), Parse(fields), all), cause);
        if (errors.Count > 0) return new RecordAnswer(RecordRefusal.BadFields, null, errors);
        return await Commit(New(_kind.Name, _id, made, cause), "create", RecordEdit.Changes([], made), cause);
    }

    public async Task<RecordAnswer> Edit(string patch, long? recordVersion, ChangeCause cause)
    {
        if (_last == cause.Cause) return Now();
        if (_stored is not { State: { DeletedAt: null } state }) return new RecordAnswer(RecordRefusal.Missing);
        if (recordVersion is { } wanted && wanted != state.RecordVersion) return new RecordAnswer(RecordRefusal.Stale, state);
        var before = Parse(state.Fields);
        var (after, errors) = await Completed(before, all => RecordEdit.Patch(own.Of(_kind), before, Parse(patch), all), cause);
        if (errors.Count > 0) return new RecordAnswer(RecordRefusal.BadFields, state, errors);
        var changes = RecordEdit.Changes(before, after);
        return changes.Count == 0 ? Now() : await Commit(With(state, after), "edit", changes, cause);
    }

    public async Task<RecordAnswer> SetDeleted(bool deleted, long? recordVersion, ChangeCause cause)
    {
        if (_last == cause.Cause) return Now();
        if (_stored is not { State: var state } || deleted == (state.DeletedAt is not null)) return new RecordAnswer(RecordRefusal.Missing);
        if (recordVersion is { } wanted && wanted != state.RecordVersion) return new RecordAnswer(RecordRefusal.Stale, state);
        return await Commit(state with { DeletedAt = deleted ? clock.GetUtcNow() : null }, deleted ? "delete" : "restore", [], cause);
    }

    public async Task<RecordAnswer> Forget(string field, ChangeCause cause)
    {
        if (_stored is not { State: var state }) return new RecordAnswer(RecordRefusal.Missing);
        var before = Parse(state.Fields);
        var after = RecordEdit.Without(before, field);
        var changes = RecordEdit.Changes(before, after);
        return changes.Count == 0 ? Now() : await Commit(With(state, after), "purge", changes, cause);
    }

    public async Task<RecordAnswer> Revalue(bool all, ChangeCause cause)
    {
        // Many are revalued, few are worked with.
        context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "It is revalued."));
        if (_stored is not { RowVersion: > 0, State: var state }) return new RecordAnswer(RecordRefusal.Missing);
        var (before, after) = (Parse(state.Fields), Parse(state.Fields));
        Worths.Refill(own.Of(_kind), after, CompanyMoney.Of(company.Current), state.UpdatedAt, all);
        var changes = RecordEdit.Changes(before, after);
        return changes.Count == 0 ? Now() : await Commit(With(state, after), "revalue", changes, cause, isEdit: false);
    }

    public async Task<RecordAnswer> Do(string command, string arguments, long? recordVersion, ChangeCause cause)
    {
        if (_last == cause.Cause) return Now();
        var state = _stored?.State ?? (_rules.Begins(command) ? Blank() with { CreatedBy = cause.By } : null);
        if (state is null || (state.DeletedAt is not null && !_rules.IsForTrash(command))) return new RecordAnswer(RecordRefusal.Missing);
        if (recordVersion is { } wanted && wanted != state.RecordVersion) return new RecordAnswer(RecordRefusal.Stale, state);
        var before = Parse(state.Fields);
        var decision = Decided(command, arguments, before, cause);
        if (decision.Fields is null && await _rules.Renew()) decision = Decided(command, arguments, before, cause);
        if (decision.Errors is { } errors) return new RecordAnswer(RecordRefusal.BadFields, state, errors);
        if (decision.Fields is not { } after) return new RecordAnswer(RecordRefusal.Refused, state, Why: decision.Why);
        Worths.Fill(own.Of(_kind), before, after, CompanyMoney.Of(company.Current), clock.GetUtcNow());
        foreach (var made in decision.Made)
            if (Complete(made, cause) is { } wrong) return new RecordAnswer(RecordRefusal.Refused, state, Why: wrong);
        var changes = RecordEdit.Changes(before, after);
        if (changes.Count == 0 && decision.Made.Count == 0) return Now();
        var isEdit = !decision.IsOfEvents || _stored is null;
        var answer = await Commit(With(state, after), command, decision.IsSilent ? [] : changes, cause, decision.Made, isEdit);

        // Events tell of many records, few of which are worked with.
        if (decision.IsOfEvents) context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "It was told."));
        return answer;
    }

    private async Task<(JsonObject Fields, Dictionary<string, string> Errors)> Completed(
        JsonObject? before, Func<Dictionary<string, string>, JsonObject> edit, ChangeCause cause)
    {
        while (true)
        {
            var (known, errors) = (own.Of(_kind), new Dictionary<string, string>(StringComparer.Ordinal));
            var after = edit(errors);
            _rules.Complete(before, after, Turn(cause), errors);
            if (errors.Count == 0) Worths.Fill(own.Of(_kind), before, after, CompanyMoney.Of(company.Current), clock.GetUtcNow());

            // Also where somebody else took over meanwhile what is stored.
            if (errors.Count == 0 || !(await _rules.Renew() | await own.Renew() | !ReferenceEquals(known, own.Of(_kind)))) return (after, errors);
        }
    }

    // A record that is made with another's change is as complete as one that is made alone; what is wrong with it, in words.
    private string? Complete(MadeRecord made, ChangeCause cause)
    {
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        book.Of(made.Kind).Complete(null, made.Fields, Turn(cause) with { Id = made.Id }, errors);
        Worths.Fill(own.Of(RecordKind.Named(made.Kind)!), null, made.Fields, CompanyMoney.Of(company.Current), clock.GetUtcNow());
        return errors.Count == 0 ? null : $"The {made.Kind} that comes of it cannot be made. {string.Join(' ', errors.Values)}";
    }

    private RecordDecision Decided(string command, string arguments, JsonObject before, ChangeCause cause) =>
        _rules.Do(command, Parse(arguments), (JsonObject)before.DeepClone(), Turn(cause))
        ?? throw new ArgumentException($"A {_kind.Name} has no command {command}.");

    // Of what events make there is always a record, if only one that nobody has written anything into.
    private async Task Load(CancellationToken stop)
    {
        _stored = await store.Read(_kind.Name, _id, stop) ?? (_kind.IsLive ? new StoredRecord(Blank(), 0) : null);
        _last = _stored?.LastCause ?? default;
    }

    private RecordState Blank() => new()
    {
        Kind = _kind.Name, Id = _id, Fields = "{}", CreatedAt = clock.GetUtcNow(), UpdatedAt = clock.GetUtcNow(), CreatedBy = RecordState.ByEvents,
    };

    private RuleTurn Turn(ChangeCause cause) => new(_id, cause, clock.GetUtcNow(), company.Current.BaseCurrency);

    private RecordState New(string kind, string id, JsonObject fields, ChangeCause cause) =>
        With(new RecordState { Kind = kind, Id = id, Fields = "", CreatedAt = clock.GetUtcNow(), CreatedBy = cause.By }, fields);

    private RecordAnswer Now() => new(RecordRefusal.None, _stored?.State);

    private static JsonObject Parse(string fields) => (JsonObject)JsonNode.Parse(fields)!;

    private static RecordState With(RecordState state, JsonObject fields) => state with
    {
        Fields = fields.ToJsonString(),
        Owner = (string?)fields["owner"],
        Team = (string?)fields["team"],
    };

    private async Task<RecordAnswer> Commit(
        RecordState state, string action, JsonObject changes, ChangeCause cause, IReadOnlyList<MadeRecord>? made = null, bool isEdit = true)
    {
        var next = isEdit ? Next(state) : state with { Version = state.Version + 1 };
        var row = _stored?.RowVersion ?? 0;
        List<RecordChange> all = [new RecordChange(next, row, action, RecordEdit.Told(changes).ToJsonString(), cause) { At = clock.GetUtcNow() }];
        foreach (var (kind, id, fields) in made ?? [])
            all.Add(new RecordChange(Next(New(kind, id, fields, cause)), 0, "create", RecordEdit.Told(RecordEdit.Changes([], fields)).ToJsonString(), cause));
        try
        {
            if (!await store.Write(all)) return End("Another owner wrote the row.");
        }
        catch (RecordTakenException taken)
        {
            var errors = new Dictionary<string, string> { [taken.Field] = $"{taken.Field}: Another {_kind.Name} has it." };
            return new RecordAnswer(RecordRefusal.Taken, null, errors);
        }
        catch (Exception failure) when (failure is not StoreUnavailableException)
        {
            LogUnknownWrite(logger, failure.GetType().Name);
            return End("It is unknown whether the row was written.");
        }

        (_stored, _last) = (new StoredRecord(next, row + 1, cause.Cause), cause.Cause);
        return Now();
    }

    private RecordState Next(RecordState state) =>
        state with { UpdatedAt = clock.GetUtcNow(), RecordVersion = state.RecordVersion + 1, Version = state.Version + 1 };

    private RecordAnswer End(string why)
    {
        context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationError, why));
        return new RecordAnswer(RecordRefusal.Unknown);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A record's write ended with {Failure}; this activation ends, a fresh one reads what is stored.")]
    private static partial void LogUnknownWrite(ILogger logger, string failure);
}
