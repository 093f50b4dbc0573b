using Crm;
using Crm.Access;
using Crm.Auditing;
using Crm.Clickstream;
using Crm.Company;
using Crm.Customers;
using Crm.Deals;
using Crm.Documentation;
using Crm.Forecasts;
using Crm.Hosting;
using Crm.Leads;
using Crm.Live;
using Crm.Privacy;
using Crm.Records;
using Crm.Storefront;
using Crm.Tasks;

var builder = WebApplication.CreateSlimBuilder(args);
if (StartRefusedException.OrEnd(() => ApiOptions.From(builder.Configuration).Checked()) is not { } options) return;

builder.AddServer(options);
builder.AddTelemetry();
builder.AddOrleansClient(options);
builder.Services.AddSingleton(options);
builder.Services.AddCrmPostgres(options.Postgres, log => log.Partitions = options.Partitions ?? log.Partitions);
builder.Services.AddErasedIds();
builder.Services.AddCrmAccess(options.Postgres);
builder.Services.AddWatches();
builder.Services.AddKeys(options.SignIn);
builder.Services.AddLive();
builder.Services.AddIngestCors();
builder.Services.AddProblems();
builder.Services.AddDescription();
builder.Services.AddFloodGate(options);
builder.Services.AddRecords(options.Postgres);
builder.Services.AddAttachments(options.AttachmentBytes);
builder.Services.AddSingleton<Acceptance>();
builder.Services.AddSingleton<Replay>();
builder.Services.AddSingleton<PartitionReads>();
builder.Services.AddSingleton<CustomerReads>();
builder.Services.AddSingleton<DealReads>();
builder.Services.AddSingleton<SettingsWrites>();

var app = builder.Build();
app.UseProblems();
app.UseRouting();
app.UseCors();
app.UseRateLimiter();
app.UseAuthentication();
app.UseAuthorization();
app.UseMiddleware<Idempotency>();

app.MapClickstream();
app.MapCustomers();
app.MapSources();
app.MapKeys();
app.MapPlans();
app.MapDeadLetters();
app.MapPrivacy();
app.MapLog();
app.MapSignIn();
app.MapUsers();
app.MapRecords();
app.MapTimelines();
app.MapNotifications();
app.MapCustomerRecords();
app.MapPlainRecords();
app.MapDeals();
app.MapLeads();
app.MapForecasts();
app.MapSettings();
app.MapAudit();
app.MapLive();
app.MapTracker();
app.MapShop(options);
app.MapApiHealth();
app.MapMetrics();
app.MapDescription();
app.MapNothing();

try
{
    await app.RunAsync();
}
catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
{
    // Told to end while it still waited for a silo: that is no failure.
    return;
}
