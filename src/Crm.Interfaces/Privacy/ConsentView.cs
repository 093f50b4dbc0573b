namespace Crm.Privacy;

/// <summary>
/// What a person consented to. Whoever uses data asks <see cref="Allows"/> where it uses them, with the name of its purpose.
/// </summary>
/// <param name="Categories">Choices by category, as the consent banner calls it.</param>
/// <param name="Gpc">The Global Privacy Control signal; null when none was ever seen.</param>
/// <param name="Purposes">By purpose of the company's settings: whether the data may be used for it.</param>
[GenerateSerializer, Immutable, Alias("crm.consent-view")]
public sealed record ConsentView(
    [property: Id(0)] IReadOnlyDictionary<string, ConsentChoice> Categories,
    [property: Id(1)] ConsentChoice? Gpc,
    [property: Id(2)] IReadOnlyDictionary<string, bool> Purposes)
{
    /// <summary>True when the person's data may be used for a purpose. What the company's settings do not list is not allowed.</summary>
    public bool Allows(string purpose) => Purposes.GetValueOrDefault(purpose);
}

/// <summary>One choice, and when it was made (Unix milliseconds).</summary>
[GenerateSerializer, Immutable, Alias("crm.consent-choice")]
public sealed record ConsentChoice([property: Id(0)] bool Given, [property: Id(1)] long AtMs);
