using System.Text.Json.Nodes;
using Bunit;
using Crm.Access;
using Crm.Language;
using Xunit;

namespace Crm.Web;

/// <summary>A role that a company begins with is called in the language of whoever looks, and keeps its name.</summary>
public sealed class RoleFormTests : ComponentTests
{
    private readonly JsonObject _role = new() { ["id"] = "sales", ["name"] = "Sales", ["recordVersion"] = 1, ["administers"] = false, ["rights"] = new JsonObject() };

    public RoleFormTests()
    {
        T.Language = Texts.Chinese;
        Door.Say("/api/v1/roles/sales", new JsonObject());
    }

    [Fact]
    public void It_is_saved_under_its_own_name()
    {
        var form = Form();
        Assert.Equal("销售", form.Find("input").GetAttribute("value"));
        form.Find("form").Submit();
        Assert.Equal("Sales", (string?)Sent["name"]);
    }

    [Fact]
    public void Another_name_is_saved_as_it_was_typed()
    {
        var form = Form();
        form.Find("input").Change("华东销售");
        form.Find("form").Submit();
        Assert.Equal("华东销售", (string?)Sent["name"]);
    }

    private JsonNode Sent => Door.Asked.Last(a => a.Method == "PUT").Body!;

    private IRenderedComponent<RoleForm> Form() => Render<RoleForm>(all => all.Add(f => f.Role, _role).Add(f => f.Roles, [_role]).Add(f => f.Fields, []));
}
