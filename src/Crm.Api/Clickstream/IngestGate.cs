using Crm.Access;
using Crm.Hosting;

namespace Crm.Clickstream;

/// <summary>Tells at once, without trying, when nothing can be made durable. Lagging consumers never close it.</summary>
internal sealed class IngestGate(SchemaStep schema, PostgresWatch postgres, DiskWatch disk, SourceCatalog sources)
{
    private static readonly IngestFailure s_starting = Acceptance.Unavailable("The service is starting.");
    private static readonly IngestFailure s_down = Acceptance.Unavailable("The database does not answer.");
    private static readonly IngestFailure s_full = Acceptance.Unavailable("The disk has less than 5 % free.");

    /// <summary>Why nothing is accepted now; null when events are.</summary>
    public IngestFailure? Closed =>
        disk.Full ? s_full
        : postgres.Down ? s_down
        : schema.Done && sources.Loaded ? null
        : s_starting;
}
