namespace Crm.Clickstream;

/// <summary>The calls of the tracking protocol. The numbers are stored: never reuse or renumber one.</summary>
public enum EventType : byte
{
    /// <summary>Something a person did, with a name and properties.</summary>
    Track = 1,

    /// <summary>Who a person is: a user id and traits.</summary>
    Identify = 2,

    /// <summary>A web page was seen.</summary>
    Page = 3,

    /// <summary>An app screen was seen.</summary>
    Screen = 4,

    /// <summary>The person belongs to a company account.</summary>
    Group = 5,

    /// <summary>Two ids are one person.</summary>
    Alias = 6,
}

/// <summary>What was wrong with an event, or is to be known of it, that is kept all the same. Stored as bits: never reuse or renumber one.</summary>
[Flags]
public enum EventFaults : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A timestamp could not be read, or lies outside the years 1970 to 9000; the time of receipt stands in.</summary>
    Timestamp = 1,

    /// <summary>The client gave no usable messageId; the server made one.</summary>
    MessageId = 2,

    /// <summary>A text held lone surrogates or U+0000; they were replaced in the envelope, the body is as sent.</summary>
    Text = 4,

    /// <summary>A known crawler sent it.</summary>
    Crawler = 1 << 12,

    /// <summary>Events of this customer before it were refused because there were too many.</summary>
    Flood = 1 << 13,

    /// <summary>It breaks its source's data plan.</summary>
    Plan = 1 << 14,
}
