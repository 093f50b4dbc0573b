using Crm.Access;
using Crm.Calls;
using Crm.Language;
using Crm.Records;

namespace Crm.Home;

/// <summary>
/// Names of the customers that live figures tell of. Figures know them by ids; who sees only some customers is told of those alone.
/// </summary>
internal sealed class SeenNames(Api api, Me me, Texts texts)
{
    private const int MostKept = 500;

    // A page that tells of others each second asks for those that it shows when it does.
    private const int MostAsked = 40;

    private static readonly string[] s_fields = ["id", "fullName", "name", "email", "phone"];

    private readonly Dictionary<string, string?> _names = [];
    private bool _asking;

    /// <summary>Whether it may be shown.</summary>
    public bool Knows(string id) => _names.TryGetValue(id, out var name) ? name is not null : me.Of(RecordKinds.Customer).Read == RecordScope.All;

    /// <summary>The name; of somebody who is looked up just now, what visitors are known by.</summary>
    public string Of(string id) => _names.GetValueOrDefault(id) ?? RecordTitles.Of(RecordKinds.Customer, new() { ["id"] = id }, texts);

    /// <summary>Looks up who is not known; true when that changed something.</summary>
    public async Task<bool> Learn(IEnumerable<string> ids, CancellationToken stop)
    {
        var unknown = ids.Where(id => !_names.ContainsKey(id)).Distinct().Take(MostAsked).ToArray();
        if (_asking || unknown.Length == 0) return false;
        _asking = true;
        try
        {
            var fields = string.Join(',', s_fields.Except(me.Of(RecordKinds.Customer).Hidden));
            var answer = await api.Get($"/api/v1/customers?limit={MostAsked}&fields={fields}&filter={Uri.EscapeDataString(RecordPaths.IsOneOf("id", unknown))}", stop);
            if (!answer.Is) return false;
            if (_names.Count > MostKept) _names.Clear();
            foreach (var id in unknown) _names[id] = null;
            foreach (var customer in answer.Items) _names[customer.Text("id")!] = RecordTitles.Of(RecordKinds.Customer, customer, texts);

            // A visitor of this second is in no list yet.
            if (me.Of(RecordKinds.Customer).Read == RecordScope.All) foreach (var id in unknown) if (_names[id] is null) _names.Remove(id);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        finally
        {
            _asking = false;
        }
    }
}
