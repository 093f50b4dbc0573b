using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Crm.Hosting;

/// <summary>Metrics at <c>/metrics</c> for Prometheus; metrics and traces also by OTLP where an endpoint is configured.</summary>
internal static class TelemetrySetup
{
    private const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var otlp = !string.IsNullOrWhiteSpace(builder.Configuration[OtlpEndpoint]);
        builder.Services.AddSingleton<CrmMetrics>();
        var telemetry = builder.Services.AddOpenTelemetry()
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(CrmMetrics.MeterName, "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.Orleans", "Npgsql", "System.Runtime");
                metrics.AddPrometheusExporter();
                if (otlp) metrics.AddOtlpExporter();
            });
        // A trace costs more than accepting an event: only where somebody looks at them.
        if (otlp) telemetry.WithTracing(tracing => tracing.AddAspNetCoreInstrumentation().AddSource("Npgsql").AddOtlpExporter());
    }

    /// <summary>Numbers only, nothing about a person: open to whoever reaches the port.</summary>
    public static void MapMetrics(this IEndpointRouteBuilder routes) => routes.MapPrometheusScrapingEndpoint().AllowAnonymous().ExcludeFromDescription();
}
