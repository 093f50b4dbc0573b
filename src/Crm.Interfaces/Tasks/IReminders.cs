namespace Crm.Tasks;

/// <summary>Reminders of tasks that are due.</summary>
public interface IReminders
{
    /// <summary>
    /// Fires those that are due and have not fired for their time: notes that they have, and tells whose the tasks are, in one statement.
    /// Whoever calls it beside others, or again, fires none twice.
    /// </summary>
    /// <param name="most">How many at once, the longest due first.</param>
    /// <returns>How many fired; fewer than <paramref name="most"/> when no others are due.</returns>
    Task<int> Fire(int most, CancellationToken stop = default);
}
