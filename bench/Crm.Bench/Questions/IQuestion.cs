namespace Crm.Bench;

/// <summary>One question that the benchmark answers.</summary>
internal interface IQuestion
{
    /// <summary>The word on the command line and in the file's name.</summary>
    string Name { get; }

    /// <summary>The question, and the target when there is one.</summary>
    string Asks { get; }

    /// <summary>What was expected before measuring, and from what.</summary>
    string Estimate { get; }

    /// <summary>Measures and reports.</summary>
    Task Run(BenchOptions options, Report report);
}
