using System.Globalization;

namespace Crm.Replay;

/// <summary>A condition on the cells of a row.</summary>
internal abstract record RowCondition
{
    public abstract bool Holds(string[] row);

    internal sealed record All(RowCondition Left, RowCondition Right) : RowCondition
    {
        public override bool Holds(string[] row) => Left.Holds(row) && Right.Holds(row);
    }

    internal sealed record Any(RowCondition Left, RowCondition Right) : RowCondition
    {
        public override bool Holds(string[] row) => Left.Holds(row) || Right.Holds(row);
    }

    internal sealed record Not(RowCondition Of) : RowCondition
    {
        public override bool Holds(string[] row) => !Of.Holds(row);
    }

    /// <summary>Numbers are compared where both sides are, texts otherwise, exactly.</summary>
    internal sealed record Compared(Expression Left, string How, Expression Right) : RowCondition
    {
        public override bool Holds(string[] row)
        {
            string? problem = null;
            var order = Left.TryNumber(row, out var left, ref problem) && Right.TryNumber(row, out var right, ref problem)
                ? left.CompareTo(right)
                : string.CompareOrdinal(Left.Text(row), Right.Text(row));
            return How switch
            {
                "=" => order == 0,
                "!=" => order != 0,
                "<" => order < 0,
                "<=" => order <= 0,
                ">" => order > 0,
                _ => order >= 0,
            };
        }
    }

    /// <summary>A text begins with, ends with or holds another one.</summary>
    internal sealed record Holding(Expression Of, string Text, bool AtStart, bool AtEnd) : RowCondition
    {
        public override bool Holds(string[] row)
        {
            var cell = Of.Text(row);
            if (AtStart && AtEnd) return string.Equals(cell, Text, StringComparison.Ordinal);
            return AtStart ? cell.StartsWith(Text, StringComparison.Ordinal) : AtEnd ? cell.EndsWith(Text, StringComparison.Ordinal) : cell.Contains(Text, StringComparison.Ordinal);
        }
    }

    internal sealed record OneOf(Expression Of, IReadOnlyList<Expression> Some) : RowCondition
    {
        public override bool Holds(string[] row) => Some.Any(one => new Compared(Of, "=", one).Holds(row));
    }

    internal sealed record Blank(Expression Of) : RowCondition
    {
        public override bool Holds(string[] row) => string.IsNullOrWhiteSpace(Of.Text(row));
    }
}
