namespace Crm.Customers;

/// <summary>Which messages counted: the newest in the ring, which is part of the row, the others of the last day in pages.</summary>
internal sealed partial class CustomerRecord
{
    /// <summary>What left the ring; null for nearly all customers.</summary>
    public MessagePages? Pages { get; private set; }

    /// <summary>True when a message counted already. All pages must have been read.</summary>
    public bool Knows(ulong messageHash) => Ring.Contains(messageHash) || Pages?.Contains(messageHash) is true;

    /// <summary>Moves what is too much for the ring into pages, which the next write must bring along.</summary>
    public void Spill(MessageBounds bounds)
    {
        while (Ring.Count >= bounds.RingHashes + bounds.PageHashes)
        {
            var hashes = Ring.TakeOldest(bounds.PageHashes, out var newestMs);
            (Pages ??= new MessagePages()).Add(Id, hashes, newestMs, bounds.MaxHashes);
        }
    }

    /// <summary>Takes in pages that were read.</summary>
    public void Take(MessagePageRange range, IReadOnlyList<MessagePage> pages, MessageBounds bounds)
    {
        Pages?.Take(range, pages, bounds.MaxHashes);
        if (Pages is { IsEmpty: true }) Pages = null;
    }

    private void AbsorbMessages(CustomerRecord frozen)
    {
        Ring.Absorb(frozen.Ring);
        if (frozen.Pages is { } pages) (Pages ??= new MessagePages()).Absorb(pages);
    }

    private void WriteMessages(PackWriter output)
    {
        if (Pages is { } pages)
        {
            output.Count(MessagePages.Mark);
            pages.Write(output);
        }

        Ring.Write(output);
    }

    private static MessagePages? ReadPages(ref PackReader input)
    {
        var ahead = input;
        if (ahead.Count() != MessagePages.Mark) return null;
        input = ahead;
        return MessagePages.Read(ref input);
    }
}
