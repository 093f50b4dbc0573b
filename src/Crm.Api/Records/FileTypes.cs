namespace Crm.Records;

/// <summary>
/// Files that records may have: the end of the name says what it is, and the content must agree. What a browser or a desktop would run is
/// not among them, nor documents with macros.
/// </summary>
internal static class FileTypes
{
    private const int ZipNameAt = 30;

    private static readonly Kind[] s_kinds =
    [
        new("application/pdf", b => b.StartsWith("%PDF-"u8), ".pdf"),
        new("image/png", b => b.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]), ".png"),
        new("image/jpeg", b => b.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]), ".jpg", ".jpeg"),
        new("image/gif", b => b.StartsWith("GIF87a"u8) || b.StartsWith("GIF89a"u8), ".gif"),
        new("image/webp", b => b.StartsWith("RIFF"u8) && b.Length > 12 && b[8..12].SequenceEqual("WEBP"u8), ".webp"),
        new("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b => IsOffice(b, "word/"u8), ".docx"),
        new("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b => IsOffice(b, "xl/"u8), ".xlsx"),
        new("application/vnd.openxmlformats-officedocument.presentationml.presentation", b => IsOffice(b, "ppt/"u8), ".pptx"),
        new("application/vnd.oasis.opendocument.text", b => IsOpenDocument(b, "application/vnd.oasis.opendocument.text"u8), ".odt"),
        new("application/vnd.oasis.opendocument.spreadsheet", b => IsOpenDocument(b, "application/vnd.oasis.opendocument.spreadsheet"u8), ".ods"),
        new("application/zip", IsZip, ".zip"),
        new("text/plain", IsText, ".txt", ".log", ".md"),
        new("text/csv", IsText, ".csv"),
        new("message/rfc822", IsMail, ".eml"),
        new("text/calendar", b => Unmarked(b).StartsWith("BEGIN:VCALENDAR"u8), ".ics"),
        new("text/vcard", b => Unmarked(b).StartsWith("BEGIN:VCARD"u8), ".vcf"),
    ];

    /// <summary>The ends of names that are taken, for people.</summary>
    public static string Known { get; } = string.Join(", ", s_kinds.SelectMany(k => k.Ends).Select(e => e[1..]));

    /// <summary>The media type of a file; null and what is wrong when it is not taken.</summary>
    public static string? Of(string name, ReadOnlySpan<byte> content, out string? wrong)
    {
        wrong = null;
        var end = Path.GetExtension(name).ToLowerInvariant();
        var kind = s_kinds.FirstOrDefault(k => k.Ends.Contains(end));
        if (kind is null) wrong = $"Files of this type are not taken. There are {Known}.";
        else if (!kind.Agrees(content)) wrong = $"The content is not what the name says: it is no {end[1..]}{(HasMacros(content) ? " without macros" : "")}.";
        return wrong is null ? kind!.MediaType : null;
    }

    private static bool IsZip(ReadOnlySpan<byte> content) => content.StartsWith("PK\u0003\u0004"u8);

    // The names of a zip's parts stand in it as they are.
    private static bool IsOffice(ReadOnlySpan<byte> content, ReadOnlySpan<byte> folder) =>
        IsZip(content) && content.IndexOf("[Content_Types].xml"u8) >= 0 && content.IndexOf(folder) >= 0 && !HasMacros(content);

    private static bool HasMacros(ReadOnlySpan<byte> content) => IsZip(content) && content.IndexOf("vbaProject.bin"u8) >= 0;

    // Its first part says what it is, uncompressed.
    private static bool IsOpenDocument(ReadOnlySpan<byte> content, ReadOnlySpan<byte> mediaType) =>
        IsZip(content) && content.Length > ZipNameAt && content[ZipNameAt..].StartsWith("mimetype"u8)
        && content[(ZipNameAt + "mimetype"u8.Length)..].StartsWith(mediaType);

    // Of any encoding: only UTF-16, which says so, has zeros.
    private static bool IsText(ReadOnlySpan<byte> content) =>
        !content.Contains((byte)0) || content.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || content.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]);

    // Its first line is a header's.
    private static bool IsMail(ReadOnlySpan<byte> content)
    {
        var name = content[..Math.Max(0, content.IndexOf((byte)':'))];
        return IsText(content) && !name.IsEmpty && name.IndexOfAnyExceptInRange((byte)'!', (byte)'~') < 0 && !name.Contains((byte)'<');
    }

    private static ReadOnlySpan<byte> Unmarked(ReadOnlySpan<byte> content) => content.StartsWith("\uFEFF"u8) ? content["\uFEFF"u8.Length..] : content;

    private delegate bool Agreement(ReadOnlySpan<byte> content);

    private sealed record Kind(string MediaType, Agreement Agrees, params string[] Ends);
}
