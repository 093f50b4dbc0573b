namespace Crm.Records;

/// <summary>
/// Files that records may have: the end of the name says what it is, and the first bytes must agree. What a browser or a desktop would
/// run is not among them.
/// </summary>
internal static class FileTypes
{
    private static readonly Kind[] s_kinds =
    [
        new("application/pdf", b => b.StartsWith("%PDF-"u8), ".pdf"),
        new("image/png", b => b.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]), ".png"),
        new("image/jpeg", b => b.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]), ".jpg", ".jpeg"),
        new("image/gif", b => b.StartsWith("GIF87a"u8) || b.StartsWith("GIF89a"u8), ".gif"),
        new("image/webp", b => b.StartsWith("RIFF"u8) && b.Length > 12 && b[8..12].SequenceEqual("WEBP"u8), ".webp"),
        new("application/vnd.openxmlformats-officedocument.wordprocessingml.document", IsZip, ".docx"),
        new("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", IsZip, ".xlsx"),
        new("application/vnd.openxmlformats-officedocument.presentationml.presentation", IsZip, ".pptx"),
        new("application/vnd.oasis.opendocument.text", IsZip, ".odt"),
        new("application/vnd.oasis.opendocument.spreadsheet", IsZip, ".ods"),
        new("application/zip", IsZip, ".zip"),
        new("text/plain", IsText, ".txt", ".log", ".md"),
        new("text/csv", IsText, ".csv"),
        new("message/rfc822", IsText, ".eml"),
        new("text/calendar", b => b.StartsWith("BEGIN:VCALENDAR"u8), ".ics"),
        new("text/vcard", b => b.StartsWith("BEGIN:VCARD"u8), ".vcf"),
    ];

    /// <summary>The ends of names that are taken, for people.</summary>
    public static string Known { get; } = string.Join(", ", s_kinds.SelectMany(k => k.Ends).Select(e => e[1..]));

    /// <summary>The media type of a file; null and what is wrong when it is not taken.</summary>
    public static string? Of(string name, ReadOnlySpan<byte> content, out string? wrong)
    {
        wrong = null;
        var kind = s_kinds.FirstOrDefault(k => k.Ends.Contains(Path.GetExtension(name).ToLowerInvariant()));
        if (kind is null) wrong = $"Files of this type are not taken. There are {Known}.";
        else if (!kind.Agrees(content)) wrong = $"The content is not what the name says: it is no {Path.GetExtension(name)[1..].ToLowerInvariant()}.";
        return wrong is null ? kind!.MediaType : null;
    }

    private static bool IsZip(ReadOnlySpan<byte> content) => content.StartsWith("PK\u0003\u0004"u8);

    // Of any encoding; binary files have zeros.
    private static bool IsText(ReadOnlySpan<byte> content) => !content.Contains((byte)0);

    private delegate bool Agreement(ReadOnlySpan<byte> content);

    private sealed record Kind(string MediaType, Agreement Agrees, params string[] Ends);
}
