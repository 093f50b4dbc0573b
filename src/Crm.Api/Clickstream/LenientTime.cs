namespace Crm.Clickstream;

/// <summary>
/// Reads ISO 8601 as found in the wild: with or without zero padding, seconds, fractions and offset, extended or basic form,
/// a space for the T. Without an offset it is UTC.
/// </summary>
internal static class LenientTime
{
    /// <summary>Earliest time that is kept: 1970-01-01.</summary>
    public const long MinMs = 0;

    /// <summary>Latest time that is kept: the end of the year 9000. Arithmetic on it cannot overflow.</summary>
    public static readonly long MaxMs = new DateTimeOffset(9001, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() - 1;

    private const long MinuteMs = 60_000;
    private const long HourMs = 60 * MinuteMs;
    private const long DayMs = 24 * HourMs;

    /// <summary>Longest text that is looked at, in bytes.</summary>
    private const int MaxLength = 64;

    /// <summary>True when the time lies in the years 1970 to 9000.</summary>
    public static bool IsSane(long ms) => ms >= MinMs && ms <= MaxMs;

    /// <summary>Reads a time into Unix milliseconds. Any year from 1 to 9999 is read: whether it is sane is another question.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long unixMs)
    {
        unixMs = 0;
        text = text.Trim(" \t\r\n"u8);
        if (text.Length is < 8 or > MaxLength) return false;
        var scan = new Scanner(text);
        if (!TryDate(ref scan, out var days)) return false;
        if (scan.AtEnd)
        {
            unixMs = days * DayMs;
            return true;
        }

        if (!scan.Take((byte)'T') && !scan.Take((byte)'t') && !scan.TakeSpaces()) return false;
        if (!TryClock(ref scan, out var clock) || !TryOffset(ref scan, out var offset)) return false;
        unixMs = days * DayMs + clock - offset;
        return true;
    }

    private static bool TryDate(ref Scanner scan, out long days)
    {
        days = 0;
        if (!scan.Digits(4, 4, out var year)) return false;
        var extended = scan.Take((byte)'-') || scan.Take((byte)'/');
        if (!scan.Digits(extended ? 1 : 2, 2, out var month)) return false;
        if (extended && !scan.Take((byte)'-') && !scan.Take((byte)'/')) return false;
        if (!scan.Digits(extended ? 1 : 2, 2, out var day)) return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        days = new DateOnly(year, month, day).DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;
        return true;
    }

    private static bool TryClock(ref Scanner scan, out long ms)
    {
        ms = 0;
        if (!scan.Digits(1, 2, out var hour)) return false;
        var minute = 0;
        var second = 0;
        long fraction = 0;
        var extended = scan.Take((byte)':');
        if (extended || scan.OnDigit)
        {
            if (!scan.Digits(extended ? 1 : 2, 2, out minute)) return false;
            if ((extended && scan.Take((byte)':')) || (!extended && scan.OnDigit))
            {
                if (!scan.Digits(extended ? 1 : 2, 2, out second)) return false;
                if ((scan.Take((byte)'.') || scan.Take((byte)',')) && !scan.Fraction(out fraction)) return false;
            }
        }

        // 24:00 is the end of the day; a leap second is the beginning of the next minute.
        if (hour > 24 || minute > 59 || second > 60 || (hour == 24 && (minute | second) != 0)) return false;
        ms = hour * HourMs + minute * MinuteMs + second * 1_000L + fraction;
        return true;
    }

    private static bool TryOffset(ref Scanner scan, out long ms)
    {
        ms = 0;
        scan.TakeSpaces();
        if (scan.AtEnd) return true;
        if (scan.Take((byte)'Z') || scan.Take((byte)'z')) return scan.AtEnd;
        var negative = scan.Take((byte)'-');
        if (!negative && !scan.Take((byte)'+')) return false;
        if (!scan.Digits(1, 2, out var hours)) return false;
        var minutes = 0;
        if ((scan.Take((byte)':') || scan.OnDigit) && !scan.Digits(2, 2, out minutes)) return false;
        if (hours > 23 || minutes > 59 || !scan.AtEnd) return false;
        ms = (hours * HourMs + minutes * MinuteMs) * (negative ? -1 : 1);
        return true;
    }

    private ref struct Scanner(ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> _text = text;
        private int _at;

        public readonly bool AtEnd => _at == _text.Length;

        public readonly bool OnDigit => _at < _text.Length && char.IsAsciiDigit((char)_text[_at]);

        public bool Take(byte expected)
        {
            if (_at >= _text.Length || _text[_at] != expected) return false;
            _at++;
            return true;
        }

        public bool TakeSpaces()
        {
            var before = _at;
            while (_at < _text.Length && _text[_at] == ' ') _at++;
            return _at > before;
        }

        public bool Digits(int min, int max, out int value)
        {
            value = 0;
            var count = 0;
            while (count < max && OnDigit)
            {
                value = value * 10 + (_text[_at++] - '0');
                count++;
            }

            return count >= min;
        }

        /// <summary>Any number of digits; those below a millisecond are cut off.</summary>
        public bool Fraction(out long ms)
        {
            ms = 0;
            var weight = 100;
            var before = _at;
            for (; OnDigit; _at++)
            {
                ms += weight * (_text[_at] - '0');
                weight /= 10;
            }

            return _at > before;
        }
    }
}
