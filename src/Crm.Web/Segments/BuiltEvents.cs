using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>What a condition on events asks.</summary>
public enum EventForm
{
    Count,
    Sum,
    Distinct,
    First,
    Last,
    Sequence,
}

/// <summary>A condition on what a customer did.</summary>
public sealed class BuiltEvents(EventForm form) : BuiltPart
{
    public EventForm Form { get; } = form;

    /// <summary>Of a sum and of different values: of what.</summary>
    public string Property { get; set; } = "";

    public BuiltPick Of { get; private init; } = new();

    /// <summary>Of a sequence: what comes then, or does not.</summary>
    public BuiltPick Then { get; private init; } = new();

    public bool Without { get; set; }

    public WrittenTime.Distance? Within { get; set; } = new(2, TimeUnit.Hour);

    public EventWindow? In { get; set; } = new EventWindow.Ever();

    public string Sign { get; set; } = form is EventForm.First or EventForm.Last ? BuiltSigns.Times[0] : BuiltSigns.Counts[0];

    public decimal? Value { get; set; } = 1;

    public WrittenTime? When { get; set; } = new WrittenTime.Distance(-30, TimeUnit.Day);

    public override Filter? Filter
    {
        get
        {
            if (Of.Pick is not { } of || In is not { } window) return null;
            return Form switch
            {
                EventForm.Sequence => Then.Pick is { } then && Within is { } within ? new Filter.Followed(of, then, Without, within, window) : null,
                EventForm.First or EventForm.Last => Happened(of, window),
                _ => Measured(of, window),
            };
        }
    }

    /// <summary>The same events asked otherwise.</summary>
    public BuiltEvents As(EventForm form)
    {
        var asked = new BuiltEvents(form) { Property = Property, Of = Of, Then = Then, Without = Without, Within = Within, In = In, When = When, Value = Value };
        if (form is EventForm.First or EventForm.Last == Form is EventForm.First or EventForm.Last) asked.Sign = Sign;
        return asked;
    }

    public static BuiltEvents Read(Filter.Measured measured, bool not) => new((EventForm)measured.What)
    {
        Property = measured.Property ?? "", Of = BuiltPick.Read(measured.Of), In = measured.In, Sign = BuiltSigns.Of(measured.How, not), Value = measured.Value,
    };

    public static BuiltEvents Read(Filter.Happened happened, bool not) => new(happened.IsLast ? EventForm.Last : EventForm.First)
    {
        Of = BuiltPick.Read(happened.Of), In = happened.In, Sign = BuiltSigns.Of(happened.How, not), When = happened.When.Written,
    };

    public static BuiltEvents Read(Filter.Followed followed) => new(EventForm.Sequence)
    {
        Of = BuiltPick.Read(followed.First), Then = BuiltPick.Read(followed.Then), Without = followed.Without, Within = followed.Within, In = followed.In,
    };

    // Events are counted in whole numbers; sums may be any.
    private Filter? Measured(EventPick of, EventWindow window)
    {
        if (Value is not { } value || (Form != EventForm.Sum && (value < 0 || value != decimal.Truncate(value)))) return null;
        var property = Form == EventForm.Count ? null : Property;
        return property is not null && !BuiltTest.IsPath(property)
            ? null
            : Negated(new Filter.Measured((Measure)Form, property, of, window, BuiltSigns.How(Sign), value), Sign == BuiltSigns.IsNot);
    }

    // Of an event that never happened the count is 0: the language has one way to say so.
    private Filter? Happened(EventPick of, EventWindow window) => Sign switch
    {
        BuiltSigns.Empty or BuiltSigns.Filled => Negated(new Filter.Measured(Measure.Count, null, of, window, Comparison.Equal, 0), Sign == BuiltSigns.Filled),
        _ when When is null => null,
        _ => Negated(new Filter.Happened(Form == EventForm.Last, of, window, BuiltSigns.How(Sign), new FilterValue.Times(default, default) { Written = When }), Sign == BuiltSigns.IsNot),
    };
}

/// <summary>The events that a condition looks at.</summary>
public sealed class BuiltPick
{
    public EventCall Call { get; set; }

    public List<string> Names { get; } = [];

    public List<BuiltTest> Tests { get; } = [];

    /// <summary>Whether these calls have names.</summary>
    public bool IsNamed => Call is not (EventCall.Identify or EventCall.Group);

    /// <summary>Null while something is missing.</summary>
    public EventPick? Pick
    {
        get
        {
            PropertyTest[] tests = [.. Tests.Select(t => t.Test).OfType<PropertyTest>()];
            var lacks = tests.Length < Tests.Count || (Call == EventCall.Track && Names.Count == 0);
            return lacks ? null : new EventPick(Call, IsNamed ? Names : [], tests);
        }
    }

    public static BuiltPick Read(EventPick pick)
    {
        var built = new BuiltPick { Call = pick.Call };
        built.Names.AddRange(pick.Names);
        built.Tests.AddRange(pick.Tests.Select(BuiltTest.Read));
        return built;
    }
}

/// <summary>A condition on a property of an event.</summary>
public sealed class BuiltTest
{
    public string Path { get; set; } = "";

    public string Sign { get; private set; } = BuiltSigns.Is;

    public List<FilterValue?> Values { get; } = [null];

    /// <summary>Null while something is missing.</summary>
    public PropertyTest? Test
    {
        get
        {
            FilterValue[] there = [.. Values.OfType<FilterValue>()];
            return !IsPath(Path) || (there.Length == 0 && !BuiltSigns.IsAlone(Sign)) ? null : Sign switch
            {
                BuiltSigns.Empty or BuiltSigns.Filled => new PropertyTest(Path, Comparison.Equal, [], Sign == BuiltSigns.Empty),
                BuiltSigns.In or BuiltSigns.NotIn => new PropertyTest(Path, Comparison.Equal, there, Sign == BuiltSigns.NotIn),
                _ => new PropertyTest(Path, BuiltSigns.How(Sign), there[..1], Sign == BuiltSigns.IsNot),
            };
        }
    }

    public void Take(string sign)
    {
        Sign = sign;
        if (!BuiltSigns.IsList(sign) && Values.Count > 1) Values.RemoveRange(1, Values.Count - 1);
        for (var at = 0; at < Values.Count; at++) Values[at] = Literals.Fit(Values[at], sign);
    }

    /// <summary>Whether a text names a property.</summary>
    public static bool IsPath(string path) => path.Length <= FilterParser.MaxNameLength && path.Split('.').All(p => p.Length > 0);

    public static BuiltTest Read(PropertyTest test)
    {
        var built = new BuiltTest
        {
            Path = test.Path,
            Sign = test.Values.Count switch
            {
                0 => test.Not ? BuiltSigns.Empty : BuiltSigns.Filled,
                1 => BuiltSigns.Of(test.How, test.Not),
                _ => test.Not ? BuiltSigns.NotIn : BuiltSigns.In,
            },
        };
        if (test.Values.Count > 0) built.Values.Clear();
        built.Values.AddRange(test.Values);
        return built;
    }
}
