using Crm;
using Crm.Access;
using Crm.Auditing;
using Crm.Clickstream;
using Crm.Company;
using Crm.Customers;
using Crm.Deals;
using Crm.Demo;
using Crm.Documentation;
using Crm.Forecasts;
using Crm.Hosting;
using Crm.Leads;
using Crm.Live;
using Crm.Pages;
using Crm.Privacy;
using Crm.Records;
using Crm.Segments;
using Crm.Storefront;
using Crm.Tasks;

// The pages' files are beside the program, from whatever folder it is started.
var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
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
builder.Services.AddSegments();
builder.Services.AddSingleton<ForecastNames>();
builder.Services.AddSingleton<SettingsWrites>();
builder.AddPages();

var app = builder.Build();
app.UseProblems();
app.UseMissingPage();
app.UsePages();
app.UseRouting();
app.UseCors();
app.UseRateLimiter();
app.UseAuthentication();
app.UseAuthorization();
app.UseMiddleware<Idempotency>();
app.UseAntiforgery();

app.MapClickstream();
app.MapCustomers();
app.MapSources();
app.MapKeys();
app.MapPlans();
app.MapDemo();
app.MapDeadLetters();
app.MapPrivacy();
app.MapLog();
app.MapSignIn();
app.MapUsers();
app.MapRecords();
app.MapTimelines();
app.MapNotifications();
app.MapPreferences();
app.MapCustomerRecords();
app.MapCustomerPrivacy();
app.MapPlainRecords();
app.MapDeals();
app.MapLeads();
app.MapSegments();
app.MapForecasts();
app.MapSettings();
app.MapAudit();
app.MapSystem();
app.MapLive();
app.MapTracker();
app.MapShop(options);
app.MapApiHealth();
app.MapMetrics();
app.MapDescription();
app.MapPages();
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
