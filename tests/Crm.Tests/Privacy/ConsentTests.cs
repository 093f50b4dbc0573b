using Crm.Company;
using Crm.Customers;
using Xunit;

namespace Crm.Privacy;

public sealed class ConsentTests
{
    private static readonly PurposeRule s_ads = new("ads", "Advertising", AllowedUnasked: false, GpcDenies: true);

    private static readonly CompanySettings s_company = new()
    {
        Privacy = new PrivacySettings { Purposes = [new("analytics", "analytics"), s_ads] },
    };

    [Fact]
    public void The_latest_event_time_wins_whatever_arrives_last()
    {
        Crm.Clickstream.BehaviourEvent[] events = [Says(1, "analytics", true), Says(3, "analytics", false), Says(2, "analytics", true)];
        foreach (var order in (int[][])[[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]])
        {
            var consent = View(order.Select(i => events[i]));

            Assert.Equal(new ConsentChoice(false, Given.Minute(3)), consent.Categories["analytics"]);
            Assert.False(consent.Allows("analytics"));
        }
    }

    [Fact]
    public void Of_the_same_moment_the_stricter_choice_wins()
    {
        Assert.False(View([Says(1, "analytics", false), Says(1, "analytics", true)]).Allows("analytics"));
        Assert.False(View([Says(1, "analytics", true), Says(1, "analytics", false)]).Allows("analytics"));
    }

    [Fact]
    public void A_purpose_needs_its_category_and_no_signal_against_it()
    {
        Assert.True(View([]).Allows("analytics"));
        Assert.False(View([]).Allows("ads"));
        Assert.False(View([]).Allows("unlisted"));
        Assert.True(View([Says(1, "advertising", true)]).Allows("ads"));
        Assert.False(View([Says(1, "advertising", true), Gpc(0, true)]).Allows("ads"));
        Assert.True(View([Says(1, "advertising", true), Gpc(0, true), Gpc(2, false)]).Allows("ads"));
        Assert.True(View([Gpc(0, true)]).Allows("analytics"));
    }

    [Fact]
    public void A_merge_keeps_the_later_choices_of_both()
    {
        var one = Given.Profile(Says(1, "analytics", true), Says(5, "marketing", false));
        one.Absorb(Given.Profile(Says(2, "analytics", false), Says(4, "marketing", true), Gpc(1, true)));

        var consent = one.View(s_company).Consent;

        Assert.Equal((false, false, true), (consent.Categories["analytics"].Given, consent.Categories["marketing"].Given, consent.Gpc!.Given));
    }

    [Fact]
    public void It_is_stored_and_what_cannot_be_read_is_a_fault()
    {
        var profile = Given.Profile(
            Says(1, "analytics", true), Gpc(2, true),
            Event(3, """{"consent":{"categoryPreferences":{"a":"yes","b":null,"c":true} } }"""), Event(4, """{"consent":7,"gpc":"1"}"""));

        Assert.Equal(3, profile.Faults);
        Assert.Equal(profile.Json(), Given.Unpacked(profile.Packed()).Json());
        Assert.Equal(["analytics", "c"], profile.View(s_company).Consent.Categories.Keys);
    }

    [Fact]
    public void Categories_are_bounded()
    {
        var many = string.Join(',', Enumerable.Range(0, 60).Select(i => $"\"c{i}\":true"));
        var profile = Given.Profile(Event(1, $$"""{"consent":{"categoryPreferences":{ {{many}} } } }"""));

        Assert.Equal((Consents.MaxCategories, 10), (profile.View(s_company).Consent.Categories.Count, profile.Faults));
    }

    [Fact]
    public void Settings_that_no_rule_can_use_are_refused()
    {
        Assert.Null(CompanyRules.Problem(s_company));
        Assert.Contains("twice", Problem(s_ads, s_ads), StringComparison.Ordinal);
        Assert.Contains("purpose", Problem(s_ads with { Purpose = "A b" }), StringComparison.Ordinal);
        Assert.Contains("category", Problem(s_ads with { Category = " " }), StringComparison.Ordinal);
        Assert.Contains("purposes", Problem([.. Enumerable.Range(0, 51).Select(i => s_ads with { Purpose = $"p{i}" })]), StringComparison.Ordinal);
    }

    private static string Problem(params PurposeRule[] purposes) =>
        CompanyRules.Problem(s_company with { Privacy = new PrivacySettings { Purposes = purposes } })!;

    private static ConsentView View(IEnumerable<Crm.Clickstream.BehaviourEvent> events) => Given.Profile(events).View(s_company).Consent;

    private static Crm.Clickstream.BehaviourEvent Says(double minute, string category, bool given) =>
        Event(minute, $$"""{"consent":{"categoryPreferences":{"{{category}}":{{(given ? "true" : "false")}} } } }""");

    private static Crm.Clickstream.BehaviourEvent Gpc(double minute, bool on) => Event(minute, $$"""{"gpc":{{(on ? "true" : "false")}} }""");

    private static Crm.Clickstream.BehaviourEvent Event(double minute, string context) =>
        Given.Event(Crm.Clickstream.EventType.Page, minute, $$"""{"context":{{context}} }""");
}
