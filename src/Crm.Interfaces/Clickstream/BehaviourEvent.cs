namespace Crm.Clickstream;

/// <summary>
/// One event as it is logged: the envelope that delivery, identity and time need, and the whole event as JSON.
/// Every protocol's adapter makes this one type; everything after it reads only this.
/// </summary>
public sealed record BehaviourEvent
{
    /// <summary>The customer id that the event carried (see <see cref="Crm.Customers.CustomerId"/>): the user when it names one, else the visitor.</summary>
    public required string Lane { get; init; }

    /// <summary>Which call it was.</summary>
    public required EventType Type { get; init; }

    /// <summary>Identifies the event for at least 24 hours: of two copies the first one counts. At most 100 characters.</summary>
    public required string MessageId { get; init; }

    /// <summary>Name or id of the source (site, app, job) whose key brought it; <c>demo</c> for the demo shop.</summary>
    public required string Source { get; init; }

    /// <summary>When it happened, in Unix milliseconds, corrected for the client's clock.</summary>
    public required long TimestampMs { get; init; }

    /// <summary>When it was received, in Unix milliseconds.</summary>
    public required long ReceivedAtMs { get; init; }

    /// <summary>Name of the event (track), page or screen; null for other calls.</summary>
    public string? Name { get; init; }

    /// <summary>The user id, as given (without prefix).</summary>
    public string? UserId { get; init; }

    /// <summary>The visitor id, as given (without prefix).</summary>
    public string? AnonymousId { get; init; }

    /// <summary>For alias, and for an identify that names one: the id, of a visitor or a user, that is merged into <see cref="UserId"/>, as given.</summary>
    public string? PreviousId { get; init; }

    /// <summary>True when a server's key brought it: what it says of ids can be believed. Anybody can send what browsers send.</summary>
    public bool FromServer { get; init; }

    /// <summary>What was wrong with it and was noted.</summary>
    public EventFaults Faults { get; init; }

    /// <summary>The whole event as one JSON object in UTF-8, as received, with the batch's context merged in.</summary>
    public ReadOnlyMemory<byte> Body { get; init; } = "{}"u8.ToArray();
}
