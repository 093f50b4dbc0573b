using Crm.Access;
using Crm.Auditing;
using Crm.Calls;
using Crm.Clickstream;
using Crm.Company;
using Crm.Deals;
using Crm.Leads;
using Crm.Records;
using MudBlazor;

namespace Crm.Settings;

/// <summary>A section of the settings.</summary>
/// <param name="Key">Its address is <c>/settings/KEY</c>, its text <c>settings.section.KEY</c>.</param>
/// <param name="Group">With which others it stands: <c>settings.group.GROUP</c>.</param>
/// <param name="Icon">Its picture.</param>
/// <param name="Shown">What shows it.</param>
public sealed record SettingsSection(string Key, string Group, string Icon, Type Shown)
{
    /// <summary>What everybody has.</summary>
    public static SettingsSection Account { get; } = new("account", "you", Icons.Material.Outlined.AccountCircle, typeof(AccountPart));

    /// <summary>All of them, in order.</summary>
    public static IReadOnlyList<SettingsSection> All { get; } =
    [
        Account,
        new("users", "people", Icons.Material.Outlined.People, typeof(UsersPart)),
        new("teams", "people", Icons.Material.Outlined.AccountTree, typeof(TeamsPart)),
        new("roles", "people", Icons.Material.Outlined.AdminPanelSettings, typeof(RolesPart)),
        new("fields", "work", Icons.Material.Outlined.EditNote, typeof(FieldsPart)),
        new("pipelines", "work", Icons.Material.Outlined.ViewKanban, typeof(PipelinesPart)),
        new("leads", "work", Icons.Material.Outlined.AltRoute, typeof(LeadRulesPart)),
        new("company", "company", Icons.Material.Outlined.Domain, typeof(CompanyPart)),
        new("rates", "company", Icons.Material.Outlined.CurrencyExchange, typeof(RatesPart)),
        new("sources", "data", Icons.Material.Outlined.Sensors, typeof(SourcesPart)),
        new("plans", "data", Icons.Material.Outlined.FactCheck, typeof(PlansPart)),
        new("letters", "data", Icons.Material.Outlined.ReportGmailerrorred, typeof(LettersPart)),
        new("audit", "system", Icons.Material.Outlined.History, typeof(AuditPart)),
        new("system", "system", Icons.Material.Outlined.MonitorHeart, typeof(SystemPart)),
    ];

    /// <summary>Those that somebody may see.</summary>
    public static IEnumerable<SettingsSection> For(Me me) => me.Administers ? All : [Account];
}
