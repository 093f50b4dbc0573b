namespace Crm.Clickstream;

/// <summary>A time that a client gave: absent, unreadable, or Unix milliseconds.</summary>
internal readonly record struct ClientTime(bool Given, bool Readable, long UnixMs)
{
    public static ClientTime Unreadable => new(true, false, 0);

    public static ClientTime At(long unixMs) => new(true, true, unixMs);
}

/// <summary>
/// What every protocol's adapter makes of one event: the fields as sent, nothing judged yet.
/// <see cref="Admission"/> judges, the same for all protocols.
/// </summary>
internal struct IncomingEvent
{
    public EventType Type;
    public string? Name;
    public string? UserId;
    public string? AnonymousId;
    public string? PreviousId;
    public string? MessageId;
    public bool HasGroupId;

    /// <summary>The client's clock when it happened; corrected by <see cref="SentAt"/>.</summary>
    public ClientTime Original;

    /// <summary>A time that needs no correction; it wins over <see cref="Original"/>.</summary>
    public ClientTime Final;

    /// <summary>The client's clock when it was sent.</summary>
    public ClientTime SentAt;

    public EventFaults Faults;

    /// <summary>The whole event as one JSON object; its own memory.</summary>
    public ReadOnlyMemory<byte> Body;
}

/// <summary>One event that was not accepted, and why.</summary>
internal readonly record struct RefusedEvent(string Reason, ReadOnlyMemory<byte> Sample)
{
    /// <summary>Stable name of the reason; null for what cannot be used at all.</summary>
    public string? Code { get; init; }

    /// <summary>The call that it was, where that is known: so it can be read again.</summary>
    public string? Call { get; init; }

    /// <summary>Name of the event, where that is known.</summary>
    public string? Name { get; init; }

    /// <summary>The event itself, when only a rule of its source or a limit kept it out.</summary>
    public BehaviourEvent? Event { get; init; }
}

/// <summary>What an adapter made of one request: events and refusals, or a failure of the request as a whole.</summary>
internal sealed class IncomingBatch
{
    public List<IncomingEvent> Events { get; } = [];

    public List<RefusedEvent> Refused { get; } = [];

    /// <summary>True for a request that is one event: its refusal is the request's.</summary>
    public bool Single { get; set; }

    /// <summary>Set when nothing of the request can be used.</summary>
    public IngestFailure? Failure { get; set; }
}

/// <summary>Why a request as a whole was not accepted. The message tells what to do.</summary>
/// <param name="RetryAfterSeconds">When to try again; 0 when that would not help.</param>
internal sealed record IngestFailure(int Status, string Message, int RetryAfterSeconds = 0);
