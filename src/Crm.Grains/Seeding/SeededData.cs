using Crm.Access;
using Crm.Company;
using Crm.Deals;
using Crm.Records;

namespace Crm.Seeding;

/// <summary>All records of a seeding, made by the rules of the grains: pure, and the same for the same scale.</summary>
public sealed class SeededData
{
    private readonly SeededCustomers _customers;
    private readonly SeededRecords _records;
    private readonly SeededDeals _deals;

    /// <param name="scale">How much.</param>
    /// <param name="pipelines">As the database has them; deals go through the first one.</param>
    /// <param name="fields">Fields of one's own.</param>
    /// <param name="partitions">Of the log.</param>
    public SeededData(SeedScale scale, PipelineSet pipelines, IReadOnlyList<CustomField> fields, int partitions)
    {
        ArgumentNullException.ThrowIfNull(scale);
        ArgumentNullException.ThrowIfNull(pipelines);
        var kinds = RecordKind.All.ToDictionary(k => k.Name, k => new KindFields(k, fields.Where(f => f.Kind == k.Name && f.DeletedAt is null)), StringComparer.Ordinal);
        // What is in the base currency is worth the same by all settings but another base currency's, by which lists are written anew.
        var company = new CompanySettings();
        Scale = scale;
        _customers = new SeededCustomers(scale, kinds[RecordKinds.Customer], company, partitions);
        _records = new SeededRecords(scale, kind => kinds[kind.Name], company);
        _deals = new SeededDeals(scale, _records, pipelines, company);
    }

    public SeedScale Scale { get; }

    /// <summary>The customers.</summary>
    public IEnumerable<SeededCustomer> Customers() => Enumerable.Range(0, Scale.Customers).Select(_customers.Of);

    /// <summary>The records of another kind; each is made when it is asked for.</summary>
    public IEnumerable<SeededRecord> Records(RecordKind kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        if (kind == RecordKind.Order) return Enumerable.Range(0, Scale.Of(RecordKinds.Deal)).Select(_deals.OrderOf).OfType<SeededRecord>();
        var all = Enumerable.Range(0, Scale.Of(kind.Name));
        return kind == RecordKind.Deal ? all.Select(_deals.Of) : all.Select(n => _records.Of(kind, n));
    }
}
