using System.Text;
using System.Text.Json;

namespace Crm.Clickstream;

/// <summary>
/// What a batch says of all its events: <c>context</c> and <c>integrations</c> are merged under each event's own, member by
/// member, and <c>sentAt</c> holds where an event has none. Merging splices bytes; nothing is parsed into a tree.
/// </summary>
internal sealed class BatchEnvelope
{
    private Section? _context;
    private Section? _integrations;

    public ClientTime SentAt { get; set; }

    /// <summary>True when events must be rewritten.</summary>
    public bool Merges => _context is not null || _integrations is not null;

    public void TakeContext(ReadOnlySpan<byte> body, JsonSlice slice) => _context = Section.From("context", body, slice);

    public void TakeIntegrations(ReadOnlySpan<byte> body, JsonSlice slice) => _integrations = Section.From("integrations", body, slice);

    /// <summary>The event's bytes with the envelope merged in.</summary>
    public byte[] Merge(ReadOnlySpan<byte> body, in SegmentEvent read)
    {
        var whole = read.Whole;
        if (!Merges) return body.Slice(whole.Start, whole.Length).ToArray();

        var first = _context?.Into(body, read.Context, whole.Start);
        var second = _integrations?.Into(body, read.Integrations, whole.Start);
        if (first is { } a && second is { } b && b.At < a.At) (first, second) = (second, first);

        // Both may open the object; then the comma behind each keeps the list right, also before an empty rest.
        var output = new List<byte>(whole.Length + (first?.Text.Length ?? 0) + (second?.Text.Length ?? 0));
        var from = whole.Start;
        foreach (var splice in new[] { first, second })
        {
            if (splice is not { } cut) continue;
            output.AddRange(body[from..cut.At]);
            output.AddRange(cut.Text);
            from = cut.At + cut.Removed;
        }

        output.AddRange(body[from..whole.End]);
        return [.. output];
    }

    private readonly record struct Splice(int At, int Removed, byte[] Text);

    /// <summary>One object of the envelope, cut into its members.</summary>
    private sealed class Section(string name, byte[] text, Dictionary<string, byte[]> members)
    {
        private readonly byte[] _asMember = [.. "\""u8, .. Encoding.UTF8.GetBytes(name), .. "\":"u8, .. text, .. ","u8];

        public static Section? From(string name, ReadOnlySpan<byte> body, JsonSlice slice)
        {
            if (slice.Kind != JsonTokenType.StartObject) return null;
            var text = body.Slice(slice.Start, slice.Length);
            var members = new Dictionary<string, byte[]>(StringComparer.Ordinal);
            var reader = Reader(text);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var start = (int)reader.TokenStartIndex;
                var key = Key(ref reader);
                reader.Read();
                reader.Skip();
                members[key] = text[start..(int)reader.BytesConsumed].ToArray();
            }

            return members.Count == 0 ? null : new Section(name, text.ToArray(), members);
        }

        /// <summary>What to change in an event so that it has this section under its own.</summary>
        public Splice? Into(ReadOnlySpan<byte> body, JsonSlice own, int eventStart)
        {
            switch (own.Kind)
            {
                case JsonTokenType.None:
                    return new Splice(eventStart + 1, 0, _asMember);
                case JsonTokenType.Null:
                    return new Splice(own.Start, own.Length, text);
                case JsonTokenType.StartObject:
                    var missing = Missing(body.Slice(own.Start, own.Length), out var ownIsEmpty);
                    if (missing.Count == 0) return null;
                    var joined = new List<byte>();
                    foreach (var member in missing)
                    {
                        if (joined.Count > 0) joined.Add((byte)',');
                        joined.AddRange(member);
                    }

                    if (!ownIsEmpty) joined.Add((byte)',');
                    return new Splice(own.Start + 1, 0, [.. joined]);
                default:
                    return null;
            }
        }

        private List<byte[]> Missing(ReadOnlySpan<byte> own, out bool ownIsEmpty)
        {
            var present = new HashSet<string>(StringComparer.Ordinal);
            var reader = Reader(own);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                present.Add(Key(ref reader));
                reader.Read();
                reader.Skip();
            }

            ownIsEmpty = present.Count == 0;
            if (ownIsEmpty) return [.. members.Values];
            var missing = new List<byte[]>(members.Count);
            foreach (var (key, member) in members)
            {
                if (!present.Contains(key)) missing.Add(member);
            }

            return missing;
        }

        private static Utf8JsonReader Reader(ReadOnlySpan<byte> text) =>
            new(text, new JsonReaderOptions { MaxDepth = IngestLimits.Depth });

        private static string Key(ref Utf8JsonReader reader)
        {
            var ignored = false;
            return JsonText.Read(ref reader, ref ignored);
        }
    }
}
