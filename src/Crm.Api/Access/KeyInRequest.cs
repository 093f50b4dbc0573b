namespace Crm.Access;

/// <summary>Metadata of endpoints that take a key also from elsewhere than the <c>Authorization</c> header, which wins where it is sent.</summary>
internal interface IKeyInRequest
{
    /// <summary>
    /// The key, or null when there is none. A request that cannot even be searched for one leaves what is wrong with it as a feature
    /// (<see cref="Clickstream.IngestFailure"/>), which is answered instead of 401.
    /// </summary>
    ValueTask<string?> Find(HttpContext context);
}

/// <summary>The key that a request presented, so that it can be blotted out of what is kept of the request.</summary>
internal sealed record PresentedKey(string Secret);
