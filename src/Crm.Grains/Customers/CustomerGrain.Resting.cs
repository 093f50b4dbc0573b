namespace Crm.Customers;

/// <summary>
/// Resting: of a customer who was not heard of for a while only the stored form is kept, some hundred bytes in one object instead of
/// some kilobytes in dozens. It comes to itself with whatever needs it next; to rest and to wake changes nothing.
/// </summary>
internal sealed partial class CustomerGrain
{
    private CustomerRecord? _awake;
    private byte[]? _resting;
    private TaskScheduler? _turns;

    /// <summary>Set by whatever needs the record; cleared each time somebody looks for customers who may rest.</summary>
    internal bool WasNeeded { get; set; }

    /// <summary>True while only the stored form is in memory.</summary>
    internal bool IsResting => _resting is not null;

    private CustomerRecord Record
    {
        get
        {
            WasNeeded = true;
            return _awake ?? ComeToItself();
        }

        set => (_awake, _resting) = (value, null);
    }

    /// <summary>The record, only to be looked at in this turn: who rests goes on resting, and what is decoded for it is young garbage.</summary>
    private CustomerRecord AtAGlance => IsResting ? CustomerRecord.Decode(_id, _resting) : Record;

    /// <summary>Has it rest in a turn of its own.</summary>
    internal void RestSoon() =>
        Task.Factory.StartNew(static customer => ((CustomerGrain)customer!).Rest(), this, CancellationToken.None, TaskCreationOptions.None, _turns!);

    /// <summary>
    /// Rests, unless something is unsaved or under way: a turn that waits with the record in its hands may then only look at it, or read
    /// pages for it, and looks anew afterwards.
    /// </summary>
    internal void Rest()
    {
        if (_awake is not { } record || _ending) return;
        if (!IsClean || record.HasWork || record.Pages is { Unstored.Count: > 0 } || record.Profile.HasNewNames || !record.Lanes.AreStored)
        {
            services.Awake.Woke(this);
            return;
        }

        (_resting, _awake) = (record.Encode(), null);
        services.Active.Weighs(this, 0);
        services.Metrics.CustomersResting(1);
    }

    private CustomerRecord ComeToItself()
    {
        Record = CustomerRecord.Decode(_id, _resting);
        services.Metrics.CustomersResting(-1);
        services.Awake.Woke(this);
        return _awake!;
    }
}
