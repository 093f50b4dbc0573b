namespace Crm.Hosting;

/// <summary>
/// A process cannot start with what it was told, for a reason that its operator can mend: the message alone is said, without
/// a stack.
/// </summary>
public sealed class StartRefusedException(string message) : Exception(message)
{
    /// <summary>What the process starts with; when that is refused, null: it was said in one line, and the exit code is 1.</summary>
    public static T? OrEnd<T>(Func<T> read)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(read);
        try
        {
            return read();
        }
        catch (StartRefusedException refused)
        {
            Console.Error.WriteLine(refused.Message);
            Environment.ExitCode = 1;
            return null;
        }
    }
}
