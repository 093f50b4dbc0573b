namespace Crm.Deals;

/// <summary>What standing in a stage means.</summary>
public enum StageType
{
    /// <summary>Nothing is decided.</summary>
    Open,

    /// <summary>It was sold.</summary>
    Won,

    /// <summary>It was not.</summary>
    Lost,
}

/// <summary>A step of a pipeline.</summary>
/// <param name="Id">Never changes, and is no other stage's.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Type">What standing in it means.</param>
public sealed record Stage(string Id, string Name, StageType Type)
{
    /// <summary>How many of a hundred deals in it are won.</summary>
    public decimal Probability { get; init; }

    /// <summary>Days after which a deal that still stands in it is rotten; null for never.</summary>
    public int? RottingDays { get; init; }

    /// <summary>Fields that a deal must have to stand in it.</summary>
    public IReadOnlyList<string> Required { get; init; } = [];
}

/// <summary>The way of some deals: stages in order, one of which is the won one and one the lost one.</summary>
/// <param name="Id">Never changes.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Stages">In order.</param>
public sealed record Pipeline(string Id, string Name, IReadOnlyList<Stage> Stages)
{
    /// <summary>Where it stands among the others; the first is the default.</summary>
    public int Position { get; init; } = 1;

    /// <summary>Why deals are lost; empty where any text will do.</summary>
    public IReadOnlyList<string> LostReasons { get; init; } = [];

    /// <summary>Counts its edits.</summary>
    public long RecordVersion { get; init; } = 1;

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Where deals begin.</summary>
    public Stage First => Stages.First(s => s.Type == StageType.Open);

    /// <summary>Where deals of a status end, or begin.</summary>
    public Stage Of(StageType type) => Stages.First(s => s.Type == type);
}

/// <summary>All pipelines, in order.</summary>
public sealed class PipelineSet(IReadOnlyList<Pipeline> all)
{
    private readonly Dictionary<string, (Pipeline Pipeline, Stage Stage)> _stages =
        all.SelectMany(p => p.Stages.Select(s => (Pipeline: p, Stage: s))).ToDictionary(s => s.Stage.Id, StringComparer.Ordinal);

    /// <summary>In order.</summary>
    public IReadOnlyList<Pipeline> All => all;

    /// <summary>The one of deals that do not say; null while there is none.</summary>
    public Pipeline? Default => all.Count > 0 ? all[0] : null;

    /// <summary>A pipeline; null when there is none.</summary>
    public Pipeline? Find(string id) => all.FirstOrDefault(p => p.Id == id);

    /// <summary>A stage with its pipeline; null when there is none.</summary>
    public (Pipeline Pipeline, Stage Stage)? Stage(string id) => _stages.TryGetValue(id, out var found) ? found : null;
}

/// <summary>Where the pipelines are kept.</summary>
public interface IPipelines
{
    /// <summary>All as they are now: what is in memory where nothing changed since, which is asked of the store.</summary>
    Task<PipelineSet> Now(CancellationToken stop = default);
}
