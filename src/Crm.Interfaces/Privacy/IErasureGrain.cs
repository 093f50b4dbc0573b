using Orleans.Concurrency;

namespace Crm.Privacy;

/// <summary>Carries one erasure out. Key: its id. All it knows is in the database; every step can be repeated.</summary>
[Alias("crm.erasure")]
public interface IErasureGrain : IGrainWithGuidKey
{
    /// <summary>Goes on, within bounds, until it is done or waits. Answers how far it is; null when there is no such erasure.</summary>
    [Alias("run")]
    Task<ErasureStep?> Run();
}

/// <summary>What a customer says when it is to be erased.</summary>
public enum EraseAnswerKind : byte
{
    /// <summary>It is erased.</summary>
    Closed,

    /// <summary>It was merged into <see cref="EraseAnswer.To"/>: that is the person.</summary>
    Moved,

    /// <summary>It cannot know yet all that belongs to it, or could not store it: ask again.</summary>
    NotYet,
}

/// <summary>Answer of <see cref="Customers.ICustomerGrain.Erase"/>.</summary>
[GenerateSerializer, Immutable, Alias("crm.erase-answer")]
public readonly record struct EraseAnswer([property: Id(0)] EraseAnswerKind Kind, [property: Id(1)] string? To = null);
