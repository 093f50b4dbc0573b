namespace Crm.Embedded;

/// <summary>How to run the product's own PostgreSQL server.</summary>
public sealed class EmbeddedServerOptions
{
    /// <summary>The data folder; the server lives in <c>postgres</c> inside, its socket in <c>run</c>, its log in <c>logs</c>.</summary>
    public required string Folder { get; init; }

    /// <summary>
    /// Whether commits reach the disk before they are answered. Only tests, whose data nobody needs after
    /// a power cut, turn it off. Default true.
    /// </summary>
    public bool Durable { get; init; } = true;

    /// <summary>
    /// Whether the server stays when its last user leaves without stopping it. A supervisor's does; one that a command
    /// started for itself ends with the last command that uses it. Default false.
    /// </summary>
    public bool Stays { get; init; }

    /// <summary>
    /// Variables set for the server's process beside the inherited ones; a supervisor marks its own so. Default none.
    /// </summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();
}

/// <summary>The server cannot run, for a reason that a person can mend: the message says which.</summary>
public sealed class EmbeddedServerException(string message) : Exception(message);
