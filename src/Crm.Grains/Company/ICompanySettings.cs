namespace Crm.Company;

/// <summary>The company's settings as this silo knows them: a copy no older than some seconds, defaults until the first is loaded.</summary>
public interface ICompanySettings
{
    /// <summary>The copy; never waits.</summary>
    CompanySettings Current { get; }
}
