using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Calls;
using Crm.Language;

namespace Crm.Records;

/// <summary>What people know a record by.</summary>
public static class RecordTitles
{
    /// <summary>Never empty: who has no name has an email address, a phone, or at least an id.</summary>
    public static string Of(string kind, JsonObject record, Texts texts)
    {
        var title = kind switch
        {
            RecordKinds.Customer => record.Text("fullName") ?? record.Text("name") ?? record.Text("email") ?? record.Text("phone"),
            RecordKinds.Order => record.Text("number") ?? record.Text("name"),
            RecordKinds.Activity => record.Text("subject") ?? record.Text("title") ?? record.Text("body"),
            _ => record.Text("name") ?? record.Text("subject"),
        };
        return !string.IsNullOrWhiteSpace(title) ? title
            : kind == RecordKinds.Customer ? texts["customer.visitor", Last(record.Text("id"))]
            : record.Text("id") ?? "";
    }

    private static string Last(string? id) => id is null ? "" : id.Length <= 6 ? id : id[^6..];
}
