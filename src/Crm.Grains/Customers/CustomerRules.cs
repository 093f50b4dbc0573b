using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Company;
using Crm.Records;

namespace Crm.Customers;

/// <summary>What holds for the card of a customer beside the rules of its fields.</summary>
internal sealed class CustomerRules(ICompanySettings company) : RecordRules
{
    /// <summary>The command by which a card takes over that of a customer who was merged into its own: <c>{"source", "recordVersion", "card"}</c>.</summary>
    public const string Absorb = "absorb";

    public override string Kind => RecordKinds.Customer;

    public override bool IsForTrash(string command) => command == Absorb;

    public override void Complete(JsonObject? before, JsonObject after, RuleTurn turn, IDictionary<string, string> errors)
    {
        foreach (var email in CustomerCard.Texts(after, "emails").Where(e => !CustomerCard.IsEmail(e)))
            errors["emails"] = $"emails: {email} is no email address.";
        foreach (var phone in CustomerCard.Texts(after, "phones").Where(p => ExternalId.Of(ExternalId.Phone, p) is null))
            errors["phones"] = $"phones: {phone} holds no number.";
        CustomerCard.Complete(after, company.Current.PhoneRegion);
    }

    public override RecordDecision? Do(string command, JsonObject arguments, JsonObject fields, RuleTurn turn)
    {
        if (command != Absorb) return null;
        CustomerCard.Absorb(fields, (string)arguments["source"]!, (long)arguments["recordVersion"]!, (JsonObject)arguments["card"]!);
        CustomerCard.Complete(fields, company.Current.PhoneRegion);
        return RecordDecision.To(fields);
    }
}
