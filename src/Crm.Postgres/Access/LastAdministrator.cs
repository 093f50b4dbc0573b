using Npgsql;

namespace Crm.Access;

/// <summary>A change was not made: after it nobody who can sign in would administer.</summary>
public sealed class LastAdministratorException(Exception inner) : Exception("Nobody else could administer.", inner)
{
    /// <summary>What the database says, which alone sees two changes at the same moment.</summary>
    private const string SqlState = "CR001";

    internal static async Task<T> Watch<T>(Func<Task<T>> change)
    {
        try
        {
            return await change();
        }
        catch (PostgresException refusal) when (refusal.SqlState == SqlState)
        {
            throw new LastAdministratorException(refusal);
        }
    }
}
