namespace Crm.Customers;

/// <summary>Messages that a customer counted and that its row does not hold any more. Written once, together with the row, and never changed.</summary>
/// <param name="Owner">The customer that counted them. When it is merged into another they stay under its name.</param>
/// <param name="Number">Its pages are numbered from 0 on.</param>
/// <param name="NewestMs">Latest time of receipt among them, in Unix milliseconds.</param>
/// <param name="Hashes">64-bit hashes of the message ids, in no order.</param>
public sealed record MessagePage(string Owner, int Number, long NewestMs, ulong[] Hashes);

/// <summary>Some consecutive pages of a customer.</summary>
public readonly record struct MessagePageRange(string Owner, int First, int Count);
