using Microsoft.AspNetCore.Components;

namespace Crm.Shell;

/// <summary>One of several views.</summary>
/// <param name="Key">Names it, also in its address.</param>
/// <param name="Text">What it is called.</param>
/// <param name="Path">Its address.</param>
/// <param name="Count">How much it holds; null where that is not said.</param>
public sealed record PageTab(string Key, string Text, string Path, long? Count = null)
{
    /// <summary>Tabs of the page that is open: each is <c>?tab=KEY</c>, and the first is the page as it is.</summary>
    public static IReadOnlyList<PageTab> Here(NavigationManager navigation, IEnumerable<(string Key, string Text)> tabs) =>
        [.. tabs.Select((t, at) => new PageTab(t.Key, t.Text, navigation.GetUriWithQueryParameter("tab", at == 0 ? null : t.Key)))];
}
