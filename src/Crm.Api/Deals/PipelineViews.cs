namespace Crm.Deals;

/// <summary>A stage as the API shows it.</summary>
internal sealed record StageView(string Id, string Name, string Type, decimal Probability, int? RottingDays, IReadOnlyList<string> Required)
{
    public static StageView Of(Stage stage) => new(stage.Id, stage.Name, TypeName(stage.Type), stage.Probability, stage.RottingDays, stage.Required);

    public static string TypeName(StageType type) => type switch { StageType.Won => "won", StageType.Lost => "lost", _ => "open" };
}

/// <summary>A pipeline as the API shows it.</summary>
internal sealed record PipelineView(
    string Id, string Name, int Position, IReadOnlyList<StageView> Stages, IReadOnlyList<string> LostReasons,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long RecordVersion)
{
    public static PipelineView Of(Pipeline pipeline) => new(
        pipeline.Id, pipeline.Name, pipeline.Position, [.. pipeline.Stages.Select(StageView.Of)], pipeline.LostReasons,
        pipeline.CreatedAt, pipeline.UpdatedAt, pipeline.RecordVersion);
}

/// <summary>All pipelines.</summary>
internal sealed record PipelineList(IReadOnlyList<PipelineView> Items);

/// <summary>What can be given for a stage.</summary>
internal sealed record StageChange(string? Id, string Name, string? Type, decimal? Probability, int? RottingDays, IReadOnlyList<string>? Required);

/// <summary>What can be given for a pipeline.</summary>
internal sealed record PipelineChange(string? Name, int? Position, IReadOnlyList<StageChange>? Stages, IReadOnlyList<string>? LostReasons);
