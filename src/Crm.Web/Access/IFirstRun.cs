namespace Crm.Access;

/// <summary>What the page that nobody has signed in to yet must know of this installation.</summary>
public interface IFirstRun
{
    /// <summary>True until the first account is made.</summary>
    Task<bool> IsNow(CancellationToken stop);

    /// <summary>The user name of whom a one-time link is for; null when it was used or is over.</summary>
    Task<string?> Invited(string link, CancellationToken stop);
}
