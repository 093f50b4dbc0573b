using System.Text;

namespace Crm.Bench;

/// <summary>What stands at a place of a template that is filled anew for each event. Each has a fixed width.</summary>
internal enum Slot
{
    /// <summary>16 hexadecimal digits, unique in a run.</summary>
    Number,

    /// <summary>7 digits.</summary>
    Customer,

    /// <summary>24 characters, ISO 8601 with milliseconds.</summary>
    Time,

    /// <summary>4 digits.</summary>
    Product,

    /// <summary>2 digits.</summary>
    Price,

    /// <summary>3 digits.</summary>
    Total,
}

/// <summary>An event as bytes with places to fill, so that making one costs a copy and a few digits.</summary>
internal sealed class EventTemplate
{
    private static readonly (string Mark, Slot Slot, int Width)[] s_marks =
    [
        ("<number>", Slot.Number, 16), ("<customer>", Slot.Customer, 7), ("<time>", Slot.Time, 24),
        ("<product>", Slot.Product, 4), ("<price>", Slot.Price, 2), ("<total>", Slot.Total, 3),
    ];

    public EventTemplate(string text)
    {
        var plain = new StringBuilder();
        var places = new List<(int At, Slot Slot)>();
        for (var i = 0; i < text.Length;)
        {
            if (text[i] != '<')
            {
                plain.Append(text[i++]);
                continue;
            }

            var (mark, slot, width) = s_marks.Single(m => text.AsSpan(i).StartsWith(m.Mark, StringComparison.Ordinal));
            places.Add((plain.Length, slot));
            plain.Append('0', width);
            i += mark.Length;
        }

        Bytes = Encoding.ASCII.GetBytes(plain.ToString());
        Places = [.. places];
    }

    /// <summary>The event with zeros in its places.</summary>
    public byte[] Bytes { get; }

    /// <summary>Where to fill what.</summary>
    public (int At, Slot Slot)[] Places { get; }
}
