using Crm.Hosting;

namespace Crm.Privacy;

/// <summary>
/// A reader that says what it wants a person's data for (<c>?purpose=analytics</c>) is answered only where the person's consent
/// allows that.
/// </summary>
internal static class PurposeCheck
{
    private static readonly Problem s_denied = new(
        StatusCodes.Status403Forbidden, "consent-denied", "The person's consent does not allow this use.",
        "Do not use the data for this purpose. GET .../consent tells what was chosen, and when.");

    private static readonly Problem s_unknown = new(
        StatusCodes.Status400BadRequest, "bad-purpose", "This purpose is not known.",
        "Name one of the purposes of the company's settings; they are listed in the profile under consent.purposes.");

    /// <summary>True when no purpose was named, or it is allowed; else the refusal is written.</summary>
    public static async Task<bool> Passes(HttpContext context, ConsentView consent)
    {
        var purpose = context.Request.Query["purpose"].ToString();
        if (purpose.Length == 0 || consent.Allows(purpose)) return true;
        await Problems.Write(context, consent.Purposes.ContainsKey(purpose) ? s_denied : s_unknown);
        return false;
    }
}
