using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Crm.Hosting;

/// <summary>Metrics for Prometheus, and metrics and traces over OTLP where an endpoint is configured.</summary>
internal static class SiloTelemetry
{
    private const string OrleansMeter = "Microsoft.Orleans";

    /// <summary>Traces that are kept, of all. A busy silo makes more calls than anybody can look at.</summary>
    private const double TraceShare = 0.01;

    // Counted once or more for every message, at tens of thousands a second: they would cost more than they tell.
    private static readonly string[] s_perMessage =
    [
        "orleans-messaging-sent", "orleans-messaging-received", "orleans-messaging-processing", "orleans-gateway-sent",
        "orleans-gateway-received", "orleans-app-requests-latency", "orleans-directory-lookups", "orleans-networking",
    ];

    public static void AddTelemetry(this WebApplicationBuilder builder, SiloOptions options)
    {
        var otlp = !string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("crm-silo", serviceInstanceId: options.Name))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(CrmMetrics.MeterName, OrleansMeter, "System.Runtime", "Npgsql");
                metrics.AddView(instrument => PerMessage(instrument) ? MetricStreamConfiguration.Drop : null);
                metrics.AddPrometheusExporter();
                if (otlp) metrics.AddOtlpExporter();
            });
        if (!otlp) return;
        telemetry.WithTracing(traces => traces
            .AddSource("Microsoft.Orleans.*", "Npgsql")
            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(TraceShare)))
            .AddOtlpExporter());
        builder.UseOrleans(silo => silo.AddActivityPropagation());
    }

    private static bool PerMessage(Instrument instrument) =>
        instrument.Meter.Name == OrleansMeter
        && Array.Exists(s_perMessage, name => instrument.Name.StartsWith(name, StringComparison.Ordinal));
}
