using Crm.CommandLine;

namespace Crm.Running;

/// <summary>Waits until processes say that they are ready.</summary>
internal sealed class Readiness(RunFolder folder, TimeProvider clock) : IDisposable
{
    // A process that dies this often before it was ever ready will not become so by another try.
    private const int MostDeaths = 5;

    // Enough of a log to hold the last error.
    private const int ShownLines = 20;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };

    /// <exception cref="CommandFailedException">The process keeps dying.</exception>
    public async Task WaitFor(Child child, CancellationToken cancellationToken)
    {
        var health = new Uri(child.Spec.Url!, "/health/ready");
        while (!await Answers(health, cancellationToken))
        {
            if (child.Deaths >= MostDeaths)
            {
                var log = folder.Log(child.Spec.Name);
                throw new CommandFailedException($"{child.Spec.Name} does not start. Its log ({log}) ends with:\n{string.Join('\n', File.ReadLines(log).TakeLast(ShownLines))}");
            }

            await Task.Delay(LookEvery, clock, cancellationToken);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<bool> Answers(Uri health, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.GetAsync(health, cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
