using Crm.Clickstream;
using Crm.Privacy;

namespace Crm.Customers;

/// <summary>A merge that an applied event asks for, kept in the row until it is carried out: the customer's outbox.</summary>
internal readonly record struct PendingMerge(string Source, string Reason);

/// <summary>
/// All that a customer's row holds: how far it has each lane, which messages it counted, the merges it still has to carry out,
/// and the profile. Pure: no clock, no I/O. The stored form begins with a version byte.
/// </summary>
internal sealed class CustomerRecord
{
    /// <summary>
    /// Visitors and users one customer may absorb. A person has some dozens of devices; beyond this it is a script behind one
    /// login, whose lanes would make every read and write slow.
    /// </summary>
    public const int MaxAbsorbed = 1_000;

    /// <summary>Merges waiting at once; more are asked for again by the next event that carries both ids.</summary>
    public const int MaxPending = 64;

    /// <summary>Remembered refusals: they spare the ledger a question for every event of a shared browser.</summary>
    public const int MaxRefused = 32;

    private const byte Version = 1;

    /// <summary>Parts that follow the profile where they are not empty, each behind its number. Never reuse or renumber one.</summary>
    private const byte ErasedPart = 1;

    /// <summary>Encoding never awaits, so each thread keeps one.</summary>
    [ThreadStatic]
    private static ProfileWriter? t_writer;

    // Null while empty: few customers ever merge, and a million of them are in memory.
    private List<PendingMerge>? _pending;
    private List<MergeView>? _merges;
    private List<string>? _refused;
    private ErasedLanes? _erased;

    private CustomerRecord(string id, LaneTable lanes, MessageRing ring, CustomerProfile profile)
    {
        Id = id;
        Lanes = lanes;
        Ring = ring;
        Profile = profile;
    }

    public string Id { get; }

    public LaneTable Lanes { get; }

    public MessageRing Ring { get; }

    public CustomerProfile Profile { get; }

    public IReadOnlyList<PendingMerge> Pending => _pending ?? (IReadOnlyList<PendingMerge>)[];

    public IReadOnlyList<MergeView> Merges => _merges ?? (IReadOnlyList<MergeView>)[];

    public IReadOnlyList<string> Refused => _refused ?? (IReadOnlyList<string>)[];

    /// <summary>True when nothing is known of the customer.</summary>
    public bool IsBlank => Profile.Events == 0 && Lanes.Count == 1 && Pending.Count + Merges.Count + Refused.Count == 0;

    /// <summary>A customer without events; after an erasure, one that has those up to the tombstone's floor behind it.</summary>
    public static CustomerRecord Fresh(string id, Tombstone? erased = null)
    {
        var record = new CustomerRecord(id, new LaneTable(id), new MessageRing(), new CustomerProfile());
        if (erased is null) return record;
        record.Lanes.Begin(id, erased.Floor);
        record._erased = new ErasedLanes(id, erased);
        return record;
    }

    /// <summary>True for an event of a person who was erased, that belongs to the time before, or is suppressed.</summary>
    public bool Refuses(string lane, BehaviourEvent happened) => _erased is not null && _erased.Refuses(lane, happened);

    /// <summary>Texts by which others may name this person: the ids of its lanes, as they were given, and all that it was seen with.</summary>
    public IReadOnlyList<string> Mentions() =>
        [.. Lanes.Ids.Select(lane => lane[2..]).Concat(Profile.SeenIds()).Distinct(StringComparer.Ordinal)];

    /// <summary>Notes a merge that the ledger knows and this customer has not carried out.</summary>
    public void Expect(string source, string reason)
    {
        _refused?.Remove(source);
        Want(source, reason);
    }

    /// <summary>Folds one event that is not a duplicate, and notes the merges it asks for.</summary>
    public void Fold(BehaviourEvent happened, ulong messageHash)
    {
        Profile.Fold(happened);
        Ring.Add(messageHash, happened.ReceivedAtMs);
        if (happened.Type == EventType.Alias)
        {
            // The protocol does not say whether the earlier id was a visitor's or a user's: both become this customer's.
            if (happened.PreviousId is { } previous)
            {
                Want(CustomerId.Visitor(previous), "alias");
                Want(CustomerId.User(previous), "alias");
            }
        }
        else if (happened is { UserId: not null, AnonymousId: { } visitor })
        {
            Want(CustomerId.Visitor(visitor), "identify");
        }
    }

    /// <summary>Takes over a frozen customer's lanes, messages, waiting merges and profile.</summary>
    public void Absorb(CustomerRecord frozen, MergeView merge)
    {
        Lanes.Absorb(frozen.Lanes);
        Ring.Absorb(frozen.Ring);
        Profile.Absorb(frozen.Profile);
        if (frozen._erased is { } erased)
        {
            if (_erased is null) _erased = erased;
            else _erased.Absorb(erased);
        }

        (_merges ??= []).AddRange(frozen.Merges);
        _merges.Add(merge);
        foreach (var pending in frozen.Pending)
        {
            // What this customer was refused, because the other one had it, comes with the other one.
            _refused?.Remove(pending.Source);
            Want(pending.Source, pending.Reason);
        }

        Settle(merge.Source);
    }

    /// <summary>The merge is done, or will never be.</summary>
    public void Settle(string source, bool refused = false)
    {
        _pending?.RemoveAll(p => p.Source == source);
        if (!refused || _refused?.Contains(source) is true) return;
        (_refused ??= []).Add(source);
        if (_refused.Count > MaxRefused) _refused.RemoveAt(0);
    }

    public byte[] Encode()
    {
        var writer = t_writer ??= new ProfileWriter(new PackWriter());
        var output = writer.Output;
        output.Clear();
        output.Byte(Version);
        Lanes.Write(output);
        output.Count(Pending.Count);
        foreach (var pending in Pending)
        {
            output.Text(pending.Source);
            output.Text(pending.Reason);
        }

        output.Count(Merges.Count);
        foreach (var merge in Merges)
        {
            output.Text(merge.Source);
            output.Text(merge.Into);
            output.Text(merge.Reason);
            output.Number(merge.AtMs);
        }

        output.Count(_refused?.Count ?? 0);
        foreach (var refused in _refused ?? []) output.Text(refused);
        Ring.Write(output);
        Profile.Write(writer);
        if (_erased is not null)
        {
            output.Byte(ErasedPart);
            _erased.Write(output);
        }

        return output.ToArray();
    }

    public static CustomerRecord Decode(string id, ReadOnlySpan<byte> packed)
    {
        var input = new PackReader(packed);
        var version = input.Byte();
        if (version != Version)
            throw new InvalidDataException($"A stored customer has version {version}; this build reads version {Version}.");
        var lanes = LaneTable.Read(id, ref input);
        var pending = List(ref input, static (ref PackReader read) => new PendingMerge(read.RequiredText(), read.RequiredText()));
        var merges = List(ref input, static (ref PackReader read) =>
            new MergeView(read.RequiredText(), read.RequiredText(), read.RequiredText(), read.Number()));
        var refused = List(ref input, static (ref PackReader read) => read.RequiredText());
        var record = new CustomerRecord(id, lanes, MessageRing.Read(ref input), CustomerProfile.Read(ref input))
        {
            _pending = pending,
            _merges = merges,
            _refused = refused,
        };
        while (!input.AtEnd) record.ReadPart(ref input);
        return record;
    }

    private void ReadPart(ref PackReader input)
    {
        var part = input.Byte();
        if (part != ErasedPart) throw new InvalidDataException($"A stored customer has part {part}, which this build does not know.");
        _erased = ErasedLanes.Read(ref input);
    }

    private delegate T Reading<T>(ref PackReader input);

    private static List<T>? List<T>(ref PackReader input, Reading<T> read)
    {
        var count = input.Count();
        if (count == 0) return null;
        var list = new List<T>(count);
        while (list.Count < count) list.Add(read(ref input));
        return list;
    }

    private void Want(string source, string reason)
    {
        if (source == Id || Lanes.Holds(source) || _refused?.Contains(source) is true || Lanes.Count > MaxAbsorbed) return;
        _pending ??= [];
        if (_pending.Count < MaxPending && !_pending.Exists(p => p.Source == source)) _pending.Add(new PendingMerge(source, reason));
    }
}
