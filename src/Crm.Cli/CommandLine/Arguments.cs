using System.Globalization;

namespace Crm.CommandLine;

/// <summary>
/// The words after the command: <c>--name value</c>, <c>--name=value</c>, flags and plain words, checked
/// against what the command knows. After <c>--</c> everything is a plain word.
/// </summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly List<string> _words = [];

    private Arguments()
    {
    }

    /// <summary>The plain words, in order: <c>["create"]</c> of <c>crm keys create --kind write</c>.</summary>
    public IReadOnlyList<string> Words => _words;

    /// <exception cref="UsageException">An unknown option, a missing value, an option given twice.</exception>
    public static Arguments Parse(IEnumerable<string> args, IReadOnlyCollection<CliOption> known)
    {
        var parsed = new Arguments();
        using var rest = args.GetEnumerator();
        while (rest.MoveNext())
        {
            if (rest.Current == "--")
            {
                while (rest.MoveNext())
                {
                    parsed._words.Add(rest.Current);
                }
            }
            else if (rest.Current.StartsWith("--", StringComparison.Ordinal))
            {
                parsed.AddOption(rest, known);
            }
            else
            {
                parsed._words.Add(rest.Current);
            }
        }

        return parsed;
    }

    /// <summary>True when the flag or option was given.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>The option's value, or null when it was not given.</summary>
    public string? Text(string name) => _values.GetValueOrDefault(name);

    /// <exception cref="UsageException">The option is missing.</exception>
    public string Required(string name) =>
        Text(name) ?? throw new UsageException($"--{name} is missing.");

    /// <summary>The option as a whole number within the bounds, or the fallback when it was not given.</summary>
    /// <exception cref="UsageException">Not a number, or outside the bounds.</exception>
    public int Number(string name, int fallback, int min, int max)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= min && number <= max
                ? number
                : throw new UsageException($"--{name} takes a whole number from {min} to {max}, not \"{text}\".");
    }

    private void AddOption(IEnumerator<string> rest, IReadOnlyCollection<CliOption> known)
    {
        var word = rest.Current[2..];
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? word : word[..equals];
        var option = known.FirstOrDefault(o => o.Name == name)
            ?? throw new UsageException($"There is no option --{name}.");

        string value;
        if (option.Value is null)
        {
            value = equals < 0 ? "" : throw new UsageException($"--{name} takes no value.");
        }
        else if (equals >= 0)
        {
            value = word[(equals + 1)..];
        }
        else
        {
            value = rest.MoveNext() ? rest.Current : throw new UsageException($"--{name} needs a value: --{name} {option.Value}.");
        }

        if (option.Value is not null && value.Length == 0)
        {
            throw new UsageException($"--{name} needs a value: --{name} {option.Value}.");
        }

        if (!_values.TryAdd(name, value))
        {
            throw new UsageException($"--{name} is given twice.");
        }
    }
}
