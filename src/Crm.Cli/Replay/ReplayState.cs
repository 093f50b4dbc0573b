using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using Crm.CommandLine;

namespace Crm.Replay;

/// <summary>How far a replay came, in a small file: so that an interrupted one goes on, and a finished one is not repeated.</summary>
/// <param name="Replay">Fingerprint of the file, the mapping and the target.</param>
/// <param name="Log">The log that took the events, when known: another log has none of them.</param>
/// <param name="Done">All events below this index are acknowledged.</param>
/// <param name="Finished">All events of the file are.</param>
internal sealed record ReplayState(string Replay, string? Log, long Done, bool Finished)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Fingerprint of what is replayed to where.</summary>
    public static string Fingerprint(string file, params ReadOnlySpan<string> settings)
    {
        var hash = new XxHash128();
        foreach (var setting in settings) hash.Append(Encoding.UTF8.GetBytes(setting + "\n"));
        using var content = File.OpenRead(file);
        hash.Append(content);
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    /// <summary>The stored state, or null when there is none of this replay.</summary>
    /// <exception cref="CommandFailedException">The file holds something else.</exception>
    public static ReplayState? Load(string path, string fingerprint)
    {
        if (!File.Exists(path)) return null;
        try
        {
            var state = JsonSerializer.Deserialize<ReplayState>(File.ReadAllText(path), Json);
            return state?.Replay == fingerprint ? state : null;
        }
        catch (JsonException)
        {
            throw new CommandFailedException($"{path} is not a replay's state. Name another file with --state.");
        }
    }

    /// <summary>Stores it; a crash leaves the old or the new file, never half of one.</summary>
    public void Save(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path + ".new", JsonSerializer.Serialize(this, Json));
        File.Move(path + ".new", path, overwrite: true);
    }
}
