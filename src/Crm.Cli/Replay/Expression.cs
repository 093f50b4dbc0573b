using System.Globalization;

namespace Crm.Replay;

/// <summary>
/// One field of a mapping: a column, a constant, or arithmetic over them in exact decimals. It reads one row's cells.
/// </summary>
internal abstract record Expression
{
    private const NumberStyles CellNumber =
        NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent
        | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite;

    /// <summary>True for arithmetic: its value is a number and never a text.</summary>
    public virtual bool IsArithmetic => false;

    /// <summary>The value as text. Arithmetic gives its number, or an empty text when it cannot be computed.</summary>
    public abstract string Text(string[] row);

    /// <summary>The value as an exact number.</summary>
    /// <param name="problem">What is wrong when the answer is false, in words.</param>
    public abstract bool TryNumber(string[] row, out decimal number, ref string? problem);

    internal sealed record Column(string Name, int Index) : Expression
    {
        public override string Text(string[] row) => row[Index];

        public override bool TryNumber(string[] row, out decimal number, ref string? problem)
        {
            if (decimal.TryParse(row[Index], CellNumber, CultureInfo.InvariantCulture, out number)) return true;
            problem = $"{Name} is not a number";
            return false;
        }
    }

    internal sealed record Constant(string Value) : Expression
    {
        public override string Text(string[] row) => Value;

        public override bool TryNumber(string[] row, out decimal number, ref string? problem)
        {
            if (decimal.TryParse(Value, CellNumber, CultureInfo.InvariantCulture, out number)) return true;
            problem = $"'{Value}' is not a number";
            return false;
        }
    }

    internal sealed record Signed(bool Negative, Expression Of) : Expression
    {
        public override bool IsArithmetic => true;

        public override string Text(string[] row) => NumberText(row);

        public override bool TryNumber(string[] row, out decimal number, ref string? problem)
        {
            if (!Of.TryNumber(row, out number, ref problem)) return false;
            if (Negative) number = -number;
            return true;
        }
    }

    internal sealed record Binary(char Operator, Expression Left, Expression Right) : Expression
    {
        public override bool IsArithmetic => true;

        public override string Text(string[] row) => NumberText(row);

        public override bool TryNumber(string[] row, out decimal number, ref string? problem)
        {
            number = 0;
            if (!Left.TryNumber(row, out var left, ref problem) || !Right.TryNumber(row, out var right, ref problem)) return false;
            if (Operator == '/' && right == 0)
            {
                problem = "a division by zero";
                return false;
            }

            try
            {
                number = Operator switch
                {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    _ => left / right,
                };
                return true;
            }
            catch (OverflowException)
            {
                problem = "a number too large to be exact";
                return false;
            }
        }
    }

    private protected string NumberText(string[] row)
    {
        string? problem = null;
        return TryNumber(row, out var number, ref problem) ? number.ToString(CultureInfo.InvariantCulture) : "";
    }
}
