namespace Crm.Segments;

/// <summary>A customer as a definition sees it at one moment.</summary>
/// <param name="Facts">Beside its events.</param>
/// <param name="Series">Of its events, by <see cref="SeriesSpec.Key"/>; null where there were none.</param>
/// <param name="In">In which segments it is, by their place in the plan; those that a definition names come before it.</param>
/// <param name="NowMs">The moment.</param>
internal readonly record struct Glance(ISegmentFacts Facts, SeriesTable Series, bool[] In, long NowMs);

/// <summary>Whether a condition holds, and until when it surely will not change by time alone.</summary>
/// <param name="Holds">Whether it holds.</param>
/// <param name="UntilMs">The first moment at which that may be otherwise although nothing happened; <see cref="TimeEdge.Never"/> for none.</param>
internal readonly record struct Verdict(bool Holds, long UntilMs)
{
    public static implicit operator Verdict(bool holds) => new(holds, TimeEdge.Never);

    public static Verdict operator !(Verdict verdict) => verdict with { Holds = !verdict.Holds };
}

/// <summary>A condition of a definition, ready to be asked of a customer.</summary>
internal abstract class Condition
{
    public abstract Verdict Of(in Glance customer);

    /// <summary>All hold. It fails as long as any one of those that fail does, so it lasts as long as the longest of them.</summary>
    internal sealed class All(Condition[] parts) : Condition
    {
        public override Verdict Of(in Glance customer)
        {
            var (holds, until, fails) = (true, TimeEdge.Never, long.MinValue);
            foreach (var part in parts)
            {
                var verdict = part.Of(customer);
                if (verdict.Holds) until = Math.Min(until, verdict.UntilMs);
                else (holds, fails) = (false, Math.Max(fails, verdict.UntilMs));
                if (fails == TimeEdge.Never) break;
            }

            return new Verdict(holds, holds ? until : fails);
        }
    }

    /// <summary>One holds.</summary>
    internal sealed class Any(Condition[] parts) : Condition
    {
        public override Verdict Of(in Glance customer)
        {
            var (holds, until, fails) = (false, long.MinValue, TimeEdge.Never);
            foreach (var part in parts)
            {
                var verdict = part.Of(customer);
                if (verdict.Holds) (holds, until) = (true, Math.Max(until, verdict.UntilMs));
                else fails = Math.Min(fails, verdict.UntilMs);
                if (until == TimeEdge.Never) break;
            }

            return new Verdict(holds, holds ? until : fails);
        }
    }

    /// <summary>It does not hold.</summary>
    internal sealed class Not(Condition part) : Condition
    {
        public override Verdict Of(in Glance customer) => !part.Of(customer);
    }

    /// <summary>The customer is in another segment.</summary>
    internal sealed class InSegment(int at) : Condition
    {
        // Whoever enters or leaves that one is asked anew in the same turn.
        public override Verdict Of(in Glance customer) => customer.In[at];
    }
}
