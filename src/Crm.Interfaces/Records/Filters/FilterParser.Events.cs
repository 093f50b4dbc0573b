using System.Globalization;

namespace Crm.Records.Filters;

/// <summary>
/// Conditions on what a customer did: <c>count("Product Viewed" where category = "Shoes" in last 7d) >= 3</c>,
/// <c>sum(revenue of "Order Completed" since 2026-01-01) > 500</c>, <c>last("Order Completed") &lt; -30d</c>,
/// <c>sequence("Product Added" then no "Order Completed" within 2h in last 7d)</c>.
/// </summary>
public sealed partial class FilterParser
{
    /// <summary>Most names of events, and most conditions on properties, of one condition.</summary>
    public const int MaxPicked = 20;

    /// <summary>Longest property with its path, and longest name of an event, in characters.</summary>
    public const int MaxNameLength = 200;

    /// <summary>How far a window reaches back at most: three years.</summary>
    public const int MaxWindowDays = 3 * 366;

    /// <summary>Longest time in which a sequence goes on.</summary>
    public const int MaxWithinDays = 90;

    private static readonly DateTimeOffset s_someTime = DateTimeOffset.UnixEpoch.AddYears(50);

    private bool IsOfEvents(Token token) =>
        token.Text.ToLowerInvariant() is "count" or "sum" or "distinct" or "first" or "last" or "sequence" && _fields.Find(token.Text) is null;

    private Filter? OfEvents()
    {
        if (!_context.TakesEvents) return Fail("conditions on events belong into a segment; filter by the segment then.");
        var word = _token.Text.ToLowerInvariant();
        Advance();
        if (!TakeSign("(")) return Fail($"after {word}, an event in parentheses is expected.");
        return word switch
        {
            "sequence" => Sequence(),
            "first" or "last" => Happened(word == "last"),
            _ => Measured(word switch { "count" => Measure.Count, "sum" => Measure.Sum, _ => Measure.Distinct }),
        };
    }

    private Filter? Measured(Measure what)
    {
        string? property = null;
        if (what != Measure.Count)
        {
            if (Path() is not { } path) return null;
            property = path;
            if (!Take("of")) return Fail($"after {path}, of and an event are expected.");
        }

        if (Pick() is not { } pick || Window() is not { } window || !Close()) return null;
        if (Comparing(_token) is not { } how || !FilterTypes.Allows(FieldType.Number, how)) return Fail("one of = != < <= > >= and a number are expected.");
        var not = _token.Text == "!=";
        Advance();
        if (Number() is not { } value) return null;
        if (what != Measure.Sum && (value < 0 || value != decimal.Truncate(value))) return Fail("events are counted in whole numbers from 0.");
        if (what == Measure.Sum && TakeCurrency() is { } currency)
            pick = pick with { Tests = [.. pick.Tests, new PropertyTest("currency", Comparison.Equal, [new FilterValue.Text(currency)], false)] };
        return Negated(new Filter.Measured(what, property, pick, window, how, value), not);
    }

    private Filter? Happened(bool last)
    {
        if (Pick() is not { } pick || Window() is not { } window || !Close()) return null;
        if (Take("is"))
        {
            var isNot = Take("not");
            return Take("empty")
                ? Negated(new Filter.Measured(Measure.Count, null, pick, window, Comparison.Equal, 0), isNot)
                : Fail("after is, empty or not empty is expected.");
        }

        if (Comparing(_token) is not { } how || !FilterTypes.Allows(FieldType.Time, how)) return Fail("one of = != < <= > >= and a time are expected.");
        var not = _token.Text == "!=";
        Advance();
        if (FilterTimes.Times(_token, _context) is not { } when) return Fail($"a date such as 2026-05-01, a distance such as -30d, or a word such as today is expected instead of {_token.Text}.");
        Advance();
        return Negated(new Filter.Happened(last, pick, window, how, when), not);
    }

    private Filter? Sequence()
    {
        if (Pick() is not { } first) return null;
        if (!Take("then")) return Fail("after the first event, then and another one are expected.");
        var not = Take("no");
        if (Pick() is not { } then) return null;
        if (!Take("within")) return Fail("within and a time such as 2h are expected.");
        if (Length(MaxWithinDays, $"a sequence goes on for at most {MaxWithinDays} days.") is not { } within || Window() is not { } window || !Close()) return null;
        return new Filter.Followed(first, then, not, within, window);
    }

    private EventPick? Pick()
    {
        EventCall? call = _token.Kind != TokenKind.Word ? null : _token.Text.ToLowerInvariant() switch
        {
            "page" => EventCall.Page,
            "screen" => EventCall.Screen,
            "identify" => EventCall.Identify,
            "group" => EventCall.Group,
            "any" => EventCall.Any,
            _ => null,
        };
        if (call is not null) Advance();
        var names = new List<string>();
        while (_token.Kind == TokenKind.Text)
        {
            if (names.Count == MaxPicked) return Wrong($"at most {MaxPicked} events can be named.");
            if (_token.Text.Length is 0 or > MaxNameLength) return Wrong($"an event's name has 1 to {MaxNameLength} characters.");
            names.Add(_token.Text);
            Advance();
            if (!TakeSign(",")) break;
        }

        if (call is null && names.Count == 0) return Wrong($"the name of an event in quotes, or one of page, screen, identify, group, any, is expected instead of {_token.Text}.");
        if (call is EventCall.Identify or EventCall.Group && names.Count > 0) return Wrong("this call has no names.");
        var tests = new List<PropertyTest>();
        if (!Take("where")) return new EventPick(call ?? EventCall.Track, names, tests);
        do
        {
            if (tests.Count == MaxPicked) return Wrong($"at most {MaxPicked} conditions can be put on an event.");
            if (Test() is not { } test) return null;
            tests.Add(test);
        }
        while (Take("and"));
        return new EventPick(call ?? EventCall.Track, names, tests);

        EventPick? Wrong(string why)
        {
            Fail(why);
            return null;
        }
    }

    private PropertyTest? Test()
    {
        if (Path() is not { } path) return null;
        if (Take("is"))
        {
            var isNot = Take("not");
            if (Take("empty")) return new PropertyTest(path, Comparison.Equal, [], !isNot);
            Fail("after is, empty or not empty is expected.");
            return null;
        }

        var not = Take("not");
        if (Take("in")) return Listed(path, not);
        if (not || Comparing(_token) is not { } how)
        {
            Fail($"after {path}, one of = != < <= > >= ~ ^= in, not in, is empty, is not empty is expected.");
            return null;
        }

        not = _token.Text == "!=";
        Advance();
        return Literal(how) is { } value ? new PropertyTest(path, how, [value], not) : null;
    }

    private PropertyTest? Listed(string path, bool not)
    {
        if (!TakeSign("(")) Fail("after in, values in parentheses are expected.");
        var values = new List<FilterValue>();
        do
        {
            if (values.Count == MaxValues) Fail($"at most {MaxValues} values can be listed.");
            if (_problem is not null || Literal(Comparison.Equal) is not { } value) return null;
            values.Add(value);
        }
        while (TakeSign(","));
        return Close() ? new PropertyTest(path, Comparison.Equal, values, not) : null;
    }

    // A property has no declared type: the value says what is compared.
    private FilterValue? Literal(Comparison how)
    {
        var token = _token;
        FilterValue? value = token switch
        {
            { Kind: TokenKind.Number } when how is not (Comparison.Contains or Comparison.Begins) => Number() is { } number ? new FilterValue.Number(number) : null,
            { Kind: TokenKind.Word } when token.Is("true") || token.Is("false") => how == Comparison.Equal ? new FilterValue.Flag(token.Is("true")) : null,
            { Kind: TokenKind.Text or TokenKind.Word, Text.Length: <= MaxNameLength } when how is Comparison.Equal or Comparison.Contains or Comparison.Begins => new FilterValue.Text(token.Text),
            _ => null,
        };
        if (value is null) Fail($"{token.Text} cannot be compared so: a text by = != ~ ^=, a number by = != < <= > >=, true and false by = !=.");
        else if (value is not FilterValue.Number) Advance();
        return value;
    }

    private EventWindow? Window()
    {
        if (Take("since"))
        {
            var start = FilterTimes.Written(_token, _context.Zone);
            if (start is not (WrittenTime.Day or WrittenTime.Moment))
            {
                Fail($"a date such as 2026-05-01 is expected instead of {_token.Text}.");
                return null;
            }

            Advance();
            return new EventWindow.Since(start);
        }

        if (!Take("in")) return new EventWindow.Ever();
        if (Take("last")) return Length(MaxWindowDays, $"a window reaches back at most {MaxWindowDays} days.") is { } length ? new EventWindow.Last(length) : null;
        if (FilterTimes.Written(_token, _context.Zone) is WrittenTime.Stretch { Step: <= 0 } stretch)
        {
            Advance();
            return new EventWindow.During(stretch);
        }

        Fail($"in last 7d, in today, in this_month or the like is expected instead of {_token.Text}.");
        return null;
    }

    private WrittenTime.Distance? Length(int mostDays, string tooLong)
    {
        if (_token.Kind != TokenKind.Span || FilterTimes.Length(_token.Text) is not { } length)
        {
            Fail($"a time such as 2h or 7d is expected instead of {_token.Text}.");
            return null;
        }

        if (length.From(s_someTime) is not { } end || end - s_someTime > TimeSpan.FromDays(mostDays))
        {
            Fail(tooLong);
            return null;
        }

        Advance();
        return length;
    }

    private string? Path()
    {
        var path = _token.Text;
        if (_token.Kind is TokenKind.Word or TokenKind.Text && path.Length is > 0 and <= MaxNameLength && path.Split('.').All(p => p.Length > 0))
        {
            Advance();
            return path;
        }

        Fail($"a property of the event is expected instead of {path}.");
        return null;
    }

    private decimal? Number()
    {
        if (_token.Kind == TokenKind.Number
            && decimal.TryParse(_token.Text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            Advance();
            return number;
        }

        Fail($"a number is expected instead of {_token.Text}.");
        return null;
    }

    private string? TakeCurrency()
    {
        if (_token is not { Kind: TokenKind.Word, Text.Length: 3 } || !_token.Text.All(char.IsAsciiLetterUpper)) return null;
        var currency = _token.Text;
        Advance();
        return currency;
    }

    private bool Close()
    {
        if (TakeSign(")")) return true;
        Fail($"a parenthesis is not closed before {_token.Text}.");
        return false;
    }
}
