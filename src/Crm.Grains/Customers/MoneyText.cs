namespace Crm.Customers;

/// <summary>
/// Exact numbers from JSON: numbers and numeric texts, read digit by digit from UTF-8. What cannot be held exactly (more than
/// 28 significant digits, or more than 28 behind the point) or is beyond 10^15 is no money.
/// </summary>
internal static class MoneyText
{
    /// <summary>Largest amount, positive or negative: above every real one, small enough that no sum overflows.</summary>
    public const decimal Largest = 1_000_000_000_000_000m;

    private const int MaxDigits = 28;

    /// <summary>Exponents beyond this are far outside of what can be held; counting stops there.</summary>
    private const int MaxExponent = 10_000;

    /// <summary>Reads <c>12.30</c>, <c>-1.5e3</c>, <c>.5</c>, with blanks around it; false for all else.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out decimal amount)
    {
        amount = 0;
        text = text.Trim(" \t\r\n"u8);
        var negative = false;
        if (!text.IsEmpty && text[0] is (byte)'-' or (byte)'+')
        {
            negative = text[0] == '-';
            text = text[1..];
        }

        if (!TryDigits(text, out var digits, out var significant, out var exponent, out var used)) return false;
        if (!TryExponent(text[used..], ref exponent)) return false;
        if (significant == 0) return true;
        return TryScale(digits, significant, exponent, negative, out amount);
    }

    /// <summary>The same value with no zeros at the end, so that equal values have one form.</summary>
    public static decimal Trim(decimal value) => value / 1.0000000000000000000000000000m;

    /// <summary>The product, when it is exact and within bounds.</summary>
    public static bool TryMultiply(decimal left, decimal right, out decimal product)
    {
        product = 0;
        if (left == 0 || right == 0) return true;
        if (Math.Abs(left) > Largest || Math.Abs(right) > 10_000_000_000_000m) return false;
        product = left * right;
        return product.Scale == left.Scale + right.Scale && Math.Abs(product) <= Largest;
    }

    /// <summary>The sum, when it is exact and within bounds.</summary>
    public static bool TryAdd(decimal left, decimal right, out decimal sum)
    {
        sum = left + right;
        return (left == 0 || right == 0 || sum.Scale == Math.Max(left.Scale, right.Scale)) && Math.Abs(sum) <= Largest;
    }

    // Zeros are held back until a digit follows: those at the end are not significant.
    private static bool TryDigits(ReadOnlySpan<byte> text, out UInt128 digits, out int significant, out int exponent, out int used)
    {
        digits = 0;
        significant = 0;
        exponent = 0;
        var zeros = 0;
        var any = false;
        var fraction = false;
        for (used = 0; used < text.Length; used++)
        {
            if (text[used] == '.' && !fraction)
            {
                fraction = true;
                continue;
            }

            var digit = text[used] - '0';
            if (digit is < 0 or > 9) break;
            any = true;
            if (fraction) exponent--;
            if (digit == 0)
            {
                if (significant > 0) zeros++;
                continue;
            }

            significant += zeros + 1;
            if (significant > MaxDigits) return false;
            for (; zeros >= 0; zeros--) digits *= 10;
            digits += (uint)digit;
            zeros = 0;
        }

        exponent += zeros;
        return any;
    }

    private static bool TryExponent(ReadOnlySpan<byte> text, ref int exponent)
    {
        if (text.IsEmpty) return true;
        if (text[0] is not ((byte)'e' or (byte)'E')) return false;
        text = text[1..];
        var negative = !text.IsEmpty && text[0] == '-';
        if (!text.IsEmpty && text[0] is (byte)'-' or (byte)'+') text = text[1..];
        if (text.IsEmpty) return false;
        var value = 0;
        foreach (var part in text)
        {
            if (part is < (byte)'0' or > (byte)'9') return false;
            value = Math.Min(MaxExponent * 10, value * 10 + part - '0');
        }

        exponent += negative ? -value : value;
        return true;
    }

    private static bool TryScale(UInt128 digits, int significant, int exponent, bool negative, out decimal amount)
    {
        amount = 0;
        if (significant + exponent > 16 || exponent < -MaxDigits) return false;
        for (; exponent > 0; exponent--) digits *= 10;
        var value = new decimal(
            (int)(uint)digits, (int)(uint)(digits >> 32), (int)(uint)(digits >> 64), negative, (byte)-exponent);
        if (Math.Abs(value) > Largest) return false;
        amount = value;
        return true;
    }
}
