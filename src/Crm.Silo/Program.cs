using Crm;
using Crm.Hosting;
using Crm.Seeding;

if (args is ["seed", .. var how])
{
    Environment.ExitCode = await SeedProcess.Run(how);
    return;
}

var builder = WebApplication.CreateSlimBuilder(args);
if (StartRefusedException.OrEnd(() => SiloOptions.From(builder.Configuration).Checked()) is not { } options) return;

builder.AddServer(options);
builder.AddTelemetry(options);
builder.UseOrleans(silo => silo
    .AddCrmSilo(options)
    .JoinCluster(options));
builder.Services.AddFirstSegments();
builder.Services.AddSingleton<SiloHealth>();
builder.Services.AddHostedService<CollectionPace>();

var app = builder.Build();

app.MapHealth();
app.MapPrometheusScrapingEndpoint();

await app.RunAsync();
