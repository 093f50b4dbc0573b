using System.Net;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Crm.Hosting;

public sealed class ApiOptionsTests
{
    [Fact]
    public void Has_the_defaults_that_scripts_rely_on()
    {
        var options = Read(("CRM_POSTGRES", "Host=x"));

        Assert.Equal(("Host=x", "crm", IPAddress.Loopback, 8080), (options.Postgres, options.Cluster, options.Listen, options.Port));
        Assert.Null(options.PageToken);
        Assert.Null(options.FreeDiskPath);
        Assert.Null(options.Partitions);
        Assert.Null(options.DefaultWriteKey);
        Assert.Null(options.AnalyticsJs);
        Assert.Equal(1_200, options.CustomerEventsPerMinute);
    }

    [Theory]
    [InlineData("CRM_PORT", "0")]
    [InlineData("CRM_PORT", "70000")]
    [InlineData("CRM_PORT", "http")]
    [InlineData("CRM_LISTEN", "my-host")]
    [InlineData("CRM_PARTITIONS", "2000")]
    [InlineData("CRM_PUBLIC_URL", "crm.example")]
    [InlineData("CRM_ANALYTICS_JS", "/no/such/folder")]
    [InlineData("CRM_CUSTOMER_EVENTS_PER_MINUTE", "-1")]
    public void Says_which_setting_is_wrong(string name, string value)
    {
        var failure = Assert.Throws<StartRefusedException>(() => Read(("CRM_POSTGRES", "Host=x"), (name, value)));
        Assert.Contains(name, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, 100, false)]
    [InlineData(4, 100, true)]
    [InlineData(0, 100, true)]
    [InlineData(0, 0, false)]
    public void A_disk_is_full_below_five_percent(long free, long total, bool full) => Assert.Equal(full, DiskWatch.IsFull(free, total));

    private static ApiOptions Read(params (string Name, string Value)[] settings) => ApiOptions.From(new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Name, (string?)s.Value))).Build());
}
