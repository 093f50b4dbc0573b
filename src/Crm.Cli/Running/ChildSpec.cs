namespace Crm.Running;

/// <summary>How to start one of the product's processes.</summary>
/// <param name="Name">Of its pid file and log, such as <c>silo-1</c>.</param>
/// <param name="Command">The program and its arguments.</param>
/// <param name="Environment">What it is told; null removes an inherited variable.</param>
/// <param name="Url">Where it answers <c>/health/ready</c>; null when it does not.</param>
internal sealed record ChildSpec(
    string Name, IReadOnlyList<string> Command, IReadOnlyDictionary<string, string?> Environment, Uri? Url)
{
    /// <summary>True when an exit with code 0 is the process's own wish, not to be undone by a restart. Default false.</summary>
    public bool MayEnd { get; init; }
}
