using System.Net;
using System.Security.Claims;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;

namespace Crm.Calls;

/// <summary>The API, as the one who looks at the page. When the session is over, the page goes to where one signs in, and comes back.</summary>
public sealed class Api(IApiDoor door, AuthenticationStateProvider people, NavigationManager navigation)
{
    /// <summary>The claim that holds the session's token.</summary>
    public const string SessionClaim = "crm:session";

    /// <summary>The claim that says where the person is.</summary>
    public const string AddressClaim = "crm:address";

    public Task<ApiAnswer> Get(string path, CancellationToken stop = default) => Ask(new ApiRequest("GET", path), stop);

    public Task<ApiAnswer> Post(string path, JsonNode? body = null, CancellationToken stop = default) =>
        Ask(new ApiRequest("POST", path) { Body = body ?? new JsonObject() }, stop);

    public Task<ApiAnswer> Put(string path, JsonNode body, string? ifMatch = null, CancellationToken stop = default) =>
        Ask(new ApiRequest("PUT", path) { Body = body, IfMatch = ifMatch }, stop);

    public Task<ApiAnswer> Patch(string path, JsonNode body, string? ifMatch = null, CancellationToken stop = default) =>
        Ask(new ApiRequest("PATCH", path) { Body = body, IfMatch = ifMatch }, stop);

    public Task<ApiAnswer> Delete(string path, CancellationToken stop = default) => Ask(new ApiRequest("DELETE", path), stop);

    /// <summary>Any request.</summary>
    public async Task<ApiAnswer> Ask(ApiRequest request, CancellationToken stop = default)
    {
        var user = (await people.GetAuthenticationStateAsync()).User;
        var answer = await door.Ask(
            request with
            {
                Session = user.FindFirstValue(SessionClaim),
                Address = IPAddress.TryParse(user.FindFirstValue(AddressClaim), out var address) ? address : null,
            },
            stop);
        if (answer.Status == (int)HttpStatusCode.Unauthorized) SignIn();
        return answer;
    }

    /// <summary>Leaves for the page where one signs in.</summary>
    public void SignIn() => navigation.NavigateTo(SignInPath(navigation.ToBaseRelativePath(navigation.Uri)), forceLoad: true);

    /// <summary>Where one signs in, and comes back from.</summary>
    public static string SignInPath(string then) => then is "" or "/" ? "/sign-in" : "/sign-in?then=" + Uri.EscapeDataString("/" + then.TrimStart('/'));
}
