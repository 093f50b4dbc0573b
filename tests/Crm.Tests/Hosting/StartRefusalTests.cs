using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Hosting;

/// <summary>A silo or an API that cannot start, as whatever started it sees it: one line that says what to change, and exit code 1.</summary>
public sealed class StartRefusalTests : IDisposable
{
    // Nobody answers there: a process that waits for its database instead of looking at its port first would not end.
    private const string NoDatabase = "Host=127.0.0.1;Port=1;Database=crm;Username=crm";

    private readonly TcpListener _taken = new(IPAddress.Loopback, 0);

    public StartRefusalTests() => _taken.Start();

    public void Dispose() => _taken.Dispose();

    [Theory]
    [InlineData("Crm.Api.dll", "CRM_PORT")]
    [InlineData("Crm.Silo.dll", "CRM_HTTP_PORT")]
    [InlineData("Crm.Silo.dll", "CRM_SILO_PORT")]
    [InlineData("Crm.Silo.dll", "CRM_GATEWAY_PORT")]
    public async Task A_taken_port_is_named(string program, string setting)
    {
        var port = ((IPEndPoint)_taken.LocalEndpoint).Port;

        await Says($"Port {port} on 127.0.0.1 is in use by another program. Choose another with {setting}.", program, (setting, Text(port)));
    }

    [Theory]
    [InlineData("Crm.Api.dll", "CRM_LISTEN", "192.0.2.1", "192.0.2.1 is no address of this machine.")]
    [InlineData("Crm.Api.dll", "CRM_PORT", "70000", "CRM_PORT is \"70000\".")]
    [InlineData("Crm.Api.dll", "CRM_POSTGRES", "", "CRM_POSTGRES is not set.")]
    [InlineData("Crm.Api.dll", "CRM_POSTGRES", "nonsense", "CRM_POSTGRES is no connection string")]
    [InlineData("Crm.Silo.dll", "CRM_POSTGRES", "Host=x;Port=y", "CRM_POSTGRES is no connection string")]
    [InlineData("Crm.Silo.dll", "CRM_HOST", "no-such-host.invalid", "CRM_HOST is \"no-such-host.invalid\".")]
    [InlineData("Crm.Silo.dll", "CRM_SILO_PORT", "x", "CRM_SILO_PORT is \"x\".")]
    public Task A_setting_that_cannot_be_is_named(string program, string setting, string value, string words) => Says(words, program, (setting, value));

    private static async Task Says(string words, string program, (string Name, string Value) setting)
    {
        var ports = Running.FreePorts.Pick(4).Select(Text).ToArray();
        (string Name, string Value)[] settings =
        [
            ("CRM_POSTGRES", NoDatabase), ("CRM_PORT", ports[0]), ("CRM_HTTP_PORT", ports[1]), ("CRM_SILO_PORT", ports[2]), ("CRM_GATEWAY_PORT", ports[3]),
        ];

        var (code, said) = await HostProcess.RunToEnd(program, [.. settings, setting]);

        Assert.StartsWith(words, Assert.Single(said), StringComparison.Ordinal);
        Assert.Equal(1, code);
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
