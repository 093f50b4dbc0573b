namespace Crm.Auditing;

/// <summary>The chain of hashes over the audit's lines.</summary>
public interface IAuditChain
{
    /// <summary>
    /// Chains lines that no open transaction can still come before, up to the given number, and signs the new end. Nothing while somebody else does.
    /// </summary>
    /// <returns>How many were chained.</returns>
    /// <exception cref="InvalidOperationException">The chain's end is not the one that was signed: nothing is put behind it.</exception>
    Task<int> Extend(int max, CancellationToken stop = default);
}
