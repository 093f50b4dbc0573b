using System.Text.RegularExpressions;
using Crm.Settings;

namespace Crm.Web;

/// <summary>A page that must be right for everybody: axe, phones, languages and pictures go through all of them.</summary>
/// <param name="Name">Of its picture.</param>
/// <param name="Path">Its address; <c>{company}</c> stands for a record of that kind.</param>
public sealed record WebPage(string Name, string Path)
{
    /// <summary>Whether one sees it without having signed in.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Its address among the records of a test.</summary>
    public string In(WebFixture crm) => Regex.Replace(Path, @"\{(\w+)\}", kind => Uri.EscapeDataString(crm.Given[kind.Groups[1].Value]));
}

/// <summary>All pages. Who builds one adds it here.</summary>
public static class WebPages
{
    private static IEnumerable<string> SettingsSections => SettingsSection.All.Select(s => s.Key);

    public static IReadOnlyList<WebPage> All { get; } =
    [
        new("sign-in", "/sign-in") { IsOpen = true },
        new("welcome", "/welcome"),
        new("home", "/home"),
        new("customers", "/customers"),
        new("customers-filtered", "/customers?f=lifecycle%20%3D%20%22lead%22&sort=-lastSeen"),
        new("customer", "/customers/{customer}"),
        new("segments", "/segments"),
        new("segments-rfm", "/segments/rfm"),
        new("segment-new", "/segments/new"),
        new("segment", "/segments/{segment}"),
        new("segment-versions", "/segments/{segment}?tab=versions"),
        new("companies", "/companies"),
        new("company-new", "/companies?new=true"),
        new("company", "/companies/{company}"),
        new("leads", "/leads"),
        new("lead", "/leads/{lead}"),
        new("lead-pool", "/leads/pool"),
        new("board", "/deals"),
        new("deals", "/deals/list"),
        new("deal-calendar", "/deals/calendar"),
        new("deal", "/deals/{deal}"),
        new("forecast", "/forecast"),
        new("tasks", "/tasks"),
        new("task-calendar", "/tasks/calendar"),
        new("task", "/tasks/{task}"),
        new("products", "/products"),
        new("product", "/products/{product}"),
        new("orders", "/orders"),
        new("order", "/orders/{order}"),
        new("activities", "/activities"),
        new("activity", "/activities/{activity}"),
        new("trash", "/trash"),
        .. SettingsSections.Select(s => new WebPage("settings-" + s, "/settings/" + s)),
        new("nothing-found", "/companies?q=zzzz9"),
        new("missing", "/companies/co_9"),
        new("no-such-page", "/nowhere"),
    ];
}
