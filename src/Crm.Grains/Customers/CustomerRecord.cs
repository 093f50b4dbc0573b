using Crm.Clickstream;
using Crm.Privacy;
using Crm.Segments;

namespace Crm.Customers;

/// <summary>A merge that an applied event asks for, kept in the row until it is carried out: the customer's outbox.</summary>
/// <param name="AskedBy">The lane of the event.</param>
/// <param name="AtMs">When it was received.</param>
internal readonly record struct PendingMerge(string Source, string Reason, string AskedBy, long AtMs);

/// <summary>A merge that the ledger refused, and when the event was received that asked.</summary>
internal readonly record struct RefusedMerge(string Source, long AtMs);

/// <summary>
/// All that a customer's row holds: how far it has each lane, which messages it counted, the merges it still has to carry out,
/// and the profile. Pure: no clock, no I/O. The stored form begins with a version byte.
/// </summary>
internal sealed partial class CustomerRecord
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

    /// <summary>
    /// A refusal is believed for ten minutes of events: then the ledger is asked again, since what was in the way may have been
    /// taken back.
    /// </summary>
    private const long RefusedForMs = 600_000;

    /// <summary>The newest; what an older build can read is stored as it did.</summary>
    private const byte Version = 2;

    /// <summary>Parts that follow the profile where they are not empty, each behind its number. Never reuse or renumber one.</summary>
    private const byte ErasedPart = 1;

    /// <summary>Says <see cref="MaySplit"/>; it has no content.</summary>
    private const byte MaySplitPart = 2;

    /// <summary>What <see cref="Segments"/> writes.</summary>
    private const byte SegmentsPart = 3;

    /// <summary>Encoding never awaits, so each thread keeps one.</summary>
    [ThreadStatic]
    private static ProfileWriter? t_writer;

    // Null while empty: few customers ever merge, and a million of them are in memory.
    private List<PendingMerge>? _pending;
    private List<MergeView>? _merges;
    private List<RefusedMerge>? _refused;
    private List<RowVersion>? _released;
    private ErasedLanes? _erased;
    private SegmentState? _segments;

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

    /// <summary>Where this customer belongs, and what it remembers for that.</summary>
    public SegmentState Segments => _segments ??= new SegmentState();

    /// <summary>The same; null while no definition has ever looked at this customer.</summary>
    public SegmentState? SegmentsIfAny => _segments;

    public IReadOnlyList<PendingMerge> Pending => _pending ?? (IReadOnlyList<PendingMerge>)[];

    public IReadOnlyList<MergeView> Merges => _merges ?? (IReadOnlyList<MergeView>)[];

    public IReadOnlyList<RefusedMerge> Refused => _refused ?? (IReadOnlyList<RefusedMerge>)[];

    /// <summary>Customers whose rows were rewritten when they were taken out of this one, and who are still to be told.</summary>
    public IReadOnlyList<RowVersion> Released => _released ?? (IReadOnlyList<RowVersion>)[];

    /// <summary>True while there is something to do for others, which a crash must not forget.</summary>
    public bool HasWork => _pending is { Count: > 0 } || _released is { Count: > 0 };

    /// <summary>
    /// Stored before it is taken apart, until the next write. Whoever begins from such a row does not know whether that will still be
    /// written: it writes the row anew before its first answer, so that what comes late is fenced, and no step back behind what was shown.
    /// </summary>
    public bool MaySplit { get; set; }

    /// <summary>True for a user, and for a person made in the CRM.</summary>
    public bool IsKnown => CustomerId.IsUser(Id) || CustomerId.IsMade(Id) || Lanes.Any(static lane => !lane.StartsWith("a:", StringComparison.Ordinal));

    /// <summary>True when nothing is known of the customer.</summary>
    public bool IsBlank => Profile.Events == 0 && Lanes.Count == 1 && Pending.Count + Merges.Count + Refused.Count + Released.Count == 0;

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

    /// <summary>Takes over what another refuses of the lanes that this one holds.</summary>
    public void RefuseAs(CustomerRecord other) => _erased = other._erased?.Of(Lanes);

    /// <summary>Texts by which others may name this person: the ids of its lanes, as they were given, and all that it was seen with.</summary>
    public IReadOnlyList<string> Mentions() =>
        [.. Lanes.Ids.Select(lane => lane[2..]).Concat(Profile.SeenIds()).Distinct(StringComparer.Ordinal)];

    /// <summary>Notes a merge that the ledger knows and this customer has not carried out.</summary>
    public void Expect(string source, string reason)
    {
        Forgive(source);
        Want(new PendingMerge(source, reason, Id, 0));
    }

    /// <summary>Folds one event that is not a duplicate, and notes the merges it asks for.</summary>
    public void Fold(BehaviourEvent happened, ulong messageHash)
    {
        Profile.Fold(happened);
        Ring.Add(messageHash, happened.ReceivedAtMs);
        if (happened.PreviousId is { } previous)
        {
            // Nobody says whether the earlier id was a visitor's or a user's: both become this customer's.
            Want(new PendingMerge(CustomerId.Visitor(previous), "alias", happened.Lane, happened.ReceivedAtMs));
            Want(new PendingMerge(CustomerId.User(previous), "alias", happened.Lane, happened.ReceivedAtMs));
        }

        if (happened is { UserId: not null, AnonymousId: { } visitor })
        {
            Want(new PendingMerge(CustomerId.Visitor(visitor), "identify", happened.Lane, happened.ReceivedAtMs));
        }
    }

    /// <summary>Takes over a frozen customer's lanes, messages, waiting merges and profile.</summary>
    public void Absorb(CustomerRecord frozen, MergeView merge)
    {
        Lanes.Absorb(frozen.Lanes);
        AbsorbMessages(frozen);
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
            Forgive(pending.Source);
            Want(pending);
        }

        if (frozen._released is { Count: > 0 } released) (_released ??= []).AddRange(released);
        Settle(merge.Source);
    }

    /// <summary>Asks for a merge. What is held, refused lately, or too much is not asked for; true when it waits now.</summary>
    public bool Want(PendingMerge merge)
    {
        if (merge.Source == Id || Lanes.Holds(merge.Source) || Lanes.Count > MaxAbsorbed || IsRefused(merge)) return false;
        _pending ??= [];
        if (_pending.Exists(p => p.Source == merge.Source)) return true;
        if (_pending.Count >= MaxPending) return false;
        _pending.Add(merge);
        return true;
    }

    /// <summary>Forgets a refusal; true when there was one.</summary>
    public bool Forgive(string source) => _refused?.RemoveAll(r => r.Source == source) > 0;

    /// <summary>Notes whom to tell that their rows were rewritten.</summary>
    public void Release(IEnumerable<RowVersion> rows) => (_released ??= []).AddRange(rows);

    /// <summary>They were told.</summary>
    public void Told() => _released = null;

    /// <summary>Notes a merge that was carried out.</summary>
    public void Merged(MergeView merge) => (_merges ??= []).Add(merge);

    /// <summary>Of one who stays when another is taken out.</summary>
    public void BelongsAs(CustomerRecord whole) => _segments = whole._segments?.Apart();

    /// <summary>The merge is done, or will never be.</summary>
    public void Settle(string source, bool refused = false)
    {
        var asked = _pending?.Find(p => p.Source == source).AtMs ?? 0;
        _pending?.RemoveAll(p => p.Source == source);
        if (!refused) return;
        Forgive(source);
        (_refused ??= []).Add(new RefusedMerge(source, asked));
        if (_refused.Count > MaxRefused) _refused.RemoveAt(0);
    }

    public byte[] Encode()
    {
        var writer = t_writer ??= new ProfileWriter(new PackWriter());
        var output = writer.Output;
        output.Clear();
        var version = HasWork || Refused.Count > 0 ? Version : (byte)1;
        output.Byte(version);
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
        foreach (var refused in Refused) output.Text(refused.Source);
        if (version > 1) WriteSinceVersion2(output);
        WriteMessages(output);
        Profile.Write(writer);
        if (_erased is not null)
        {
            output.Byte(ErasedPart);
            _erased.Write(output);
        }

        if (MaySplit) output.Byte(MaySplitPart);
        if (_segments is { IsBlank: false })
        {
            output.Byte(SegmentsPart);
            _segments.Write(output);
        }

        return output.ToArray();
    }

    public static CustomerRecord Decode(string id, ReadOnlySpan<byte> packed)
    {
        var input = new PackReader(packed);
        var version = input.Byte();
        if (version is 0 or > Version)
            throw new InvalidDataException($"A stored customer has version {version}; this build reads versions up to {Version}.");
        var lanes = LaneTable.Read(id, ref input);
        var pending = List(ref input, static (ref PackReader read) => new PendingMerge(read.RequiredText(), read.RequiredText(), "", 0));
        var merges = List(ref input, static (ref PackReader read) =>
            new MergeView(read.RequiredText(), read.RequiredText(), read.RequiredText(), read.Number()));
        var refused = List(ref input, static (ref PackReader read) => new RefusedMerge(read.RequiredText(), 0));
        var released = version > 1 ? ReadSinceVersion2(ref input, pending, refused) : null;
        for (var at = 0; at < pending?.Count; at++)
            if (pending[at].AskedBy.Length == 0) pending[at] = pending[at] with { AskedBy = id };
        var pages = ReadPages(ref input);
        var record = new CustomerRecord(id, lanes, MessageRing.Read(ref input), CustomerProfile.Read(ref input))
        {
            Pages = pages,
            _pending = pending,
            _merges = merges,
            _refused = refused,
            _released = released,
        };
        while (!input.AtEnd) record.ReadPart(ref input);
        return record;
    }

    private void ReadPart(ref PackReader input)
    {
        var part = input.Byte();
        switch (part)
        {
            case ErasedPart:
                _erased = ErasedLanes.Read(ref input);
                break;
            case MaySplitPart:
                MaySplit = true;
                break;
            case SegmentsPart:
                _segments = SegmentState.Read(ref input);
                break;
            default:
                throw new InvalidDataException($"A stored customer has part {part}, which this build does not know.");
        }
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

    private bool IsRefused(PendingMerge merge) => _refused?.Exists(r => r.Source == merge.Source && merge.AtMs <= r.AtMs + RefusedForMs) is true;

    private void WriteSinceVersion2(PackWriter output)
    {
        foreach (var pending in Pending)
        {
            output.Text(pending.AskedBy);
            output.Number(pending.AtMs);
        }

        foreach (var refused in Refused) output.Number(refused.AtMs);
        output.Count(Released.Count);
        foreach (var released in Released)
        {
            output.Text(released.Id);
            output.Number(released.Version);
        }
    }

    private static List<RowVersion>? ReadSinceVersion2(ref PackReader input, List<PendingMerge>? pending, List<RefusedMerge>? refused)
    {
        for (var at = 0; at < pending?.Count; at++)
            pending[at] = pending[at] with { AskedBy = input.RequiredText(), AtMs = input.Number() };
        for (var at = 0; at < refused?.Count; at++) refused[at] = refused[at] with { AtMs = input.Number() };
        return List(ref input, static (ref PackReader read) => new RowVersion(read.RequiredText(), read.Number()));
    }
}
