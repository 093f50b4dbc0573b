using Crm.Hosting;

var builder = WebApplication.CreateSlimBuilder(args);
var options = SiloOptions.From(builder.Configuration);

builder.AddServer(options);
builder.AddTelemetry(options);
builder.UseOrleans(silo => silo
    .AddCrmSilo(options)
    .JoinCluster(options));
builder.Services.AddSingleton<SiloHealth>();

var app = builder.Build();

app.MapHealth();
app.MapPrometheusScrapingEndpoint();

await app.RunAsync();
