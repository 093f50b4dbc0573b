using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Clickstream;
using Crm.Customers;
using Crm.Deals;
using Crm.Forecasts;
using Crm.Hosting;
using Crm.Infrastructure;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Xunit;

namespace Crm.Records;

/// <summary>
/// The API of records with a real silo and a real database, in this process. People are those of the product's own directory; only how
/// they signed in is left out: a header says who asks.
/// </summary>
public sealed class RecordsFixture : IAsyncLifetime
{
    public const string Admin = "usr_admin";
    private const string UserHeader = "X-Test-User";

    private readonly PostgresFixture _postgres = new();
    private readonly PeopleDirectory _people = new();
    private readonly List<CrmUser> _users = [new(Admin, "admin", "Admin", Role.Administrator)];
    private readonly List<Role> _roles = [new(Role.Administrator, "Administrator") { Administers = true }];
    private readonly Faults _faults = new();
    private TestSilo? _silo;
    private WebApplication? _api;
    private HttpClient? _http;
    private int _ids;

    public Npgsql.NpgsqlDataSource Database => _postgres.Source;

    internal IGrainFactory Grains => _silo!.Grains;

    internal Company.ICompanySettings Settings => _silo!.Services.GetRequiredService<Company.ICompanySettings>();

    internal T Get<T>()
        where T : notnull => _api!.Services.GetRequiredService<T>();

    public async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        _silo = await TestSilo.Start(_postgres.ConnectionString);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(_faults).SetMinimumLevel(LogLevel.Error);
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton(_silo.Grains).AddSingleton(_people);
        builder.Services.AddCrmPostgres(_postgres.ConnectionString);
        builder.Services.AddProblems();
        builder.Services.AddRecords(_postgres.ConnectionString);
        builder.Services.AddAttachments(1_000_000);
        builder.Services.AddSingleton<SchemaStep>().AddSingleton<SiloLink>().AddSingleton<LogIdentity>().AddSingleton<PartitionReads>().AddSingleton<CustomerReads>().AddSingleton<DealReads>().AddSingleton<ForecastNames>();
        builder.Services.AddSingleton(new ApiOptions { Postgres = _postgres.ConnectionString });
        builder.Services.AddAuthentication(Policies.Caller).AddScheme<AuthenticationSchemeOptions, SaysWho>(Policies.Caller, null)
            .AddScheme<AuthenticationSchemeOptions, SaysWho>(ApiKeyHandler.Scheme, null);
        builder.Services.AddAuthorizationBuilder().AddPolicies();
        _api = builder.Build();
        _api.UseProblems();
        _api.UseAuthentication();
        _api.UseAuthorization();
        _api.MapRecords();
        _api.MapCustomerRecords();
        _api.MapTimelines();
        _api.MapDeals();
        _api.MapForecasts();
        Get<SiloLink>().Participate(new Started());
        await Get<LogIdentity>().Refresh(CancellationToken.None);
        _api.MapNothing();
        _api.Urls.Add("http://127.0.0.1:0");
        await _api.StartAsync();
        _http = new HttpClient { BaseAddress = new Uri(_api.Urls.First()) };
        Take();
    }

    public async Task DisposeAsync()
    {
        _http?.Dispose();
        if (_api is not null) await _api.DisposeAsync();
        if (_silo is not null) await _silo.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    /// <summary>An id that no other test uses.</summary>
    public string NewId() => "t" + Interlocked.Increment(ref _ids).ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A user with the rights of a role of his own; teams are <c>top</c>, <c>north</c> and <c>south</c> below it, <c>far</c> below north.</summary>
    public string NewUser(string? team, Func<string, KindRights> rights)
    {
        var id = "usr_" + NewId();
        lock (_users)
        {
            _roles.Add(new Role("role_" + id, id) { Rights = RecordKinds.All.ToDictionary(k => k, rights) });
            _users.Add(new CrmUser(id, id, "Name of " + id, "role_" + id) { Team = team });
            Take();
        }

        return id;
    }

    /// <summary>Asks as somebody; an administrator unless another is named.</summary>
    public Task<Answer> Ask(string method, string path, string? body = null, string user = Admin, params (string Name, string Value)[] headers) =>
        Send(method, path, body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"), user, headers);

    /// <summary>Asks with any body.</summary>
    public async Task<Answer> Send(string method, string path, HttpContent? body, string user = Admin, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative)) { Content = body };
        request.Headers.Add(UserHeader, user);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _http!.SendAsync(request);
        if ((int)response.StatusCode == 500) throw new InvalidOperationException($"{method} {path} failed: {_faults.Last}");
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers, response.Content.Headers);
    }

    /// <summary>Makes a record and answers its id.</summary>
    public async Task<string> Make(RecordKind kind, string fields = "{}", string user = Admin)
    {
        var body = (JsonObject)JsonNode.Parse(fields)!;
        foreach (var rule in kind.Rules.Where(r => r.Required)) body[rule.Field.Name] ??= "A " + kind.Name;
        if (kind == RecordKind.Activity) body["subject"] ??= "A note";
        var made = await Ask("POST", "/api/v1/" + kind.Plural, body.ToJsonString(), user);
        Assert.True(made.Status == 201, $"{kind.Name}: {made.Status} {made.Text}");
        return made["id"]!;
    }

    /// <summary>The life of a client that has started: the silo is in this process.</summary>
    private sealed class Started : IClusterClientLifecycle
    {
        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            observer.OnStart(CancellationToken.None).GetAwaiter().GetResult();
            return new MemoryStream();
        }
    }

    private void Take() => _people.Take(
        _users, _roles, [new Team("top", "Top", null), new Team("north", "North", "top"), new Team("south", "South", "top"), new Team("far", "Far", "north")]);

    /// <summary>An answer, read to its end.</summary>
    public sealed record Answer(int Status, string Text, HttpResponseHeaders Headers, HttpContentHeaders Content)
    {
        public JsonNode Json => JsonNode.Parse(Text)!;

        /// <summary>A member as text; null when it is not there.</summary>
        public string? this[string member] => Json[member]?.ToString();

        public JsonArray Items => (JsonArray)Json["items"]!;

        public IEnumerable<string> Ids => Items.Select(i => (string)i!["id"]!);

        public string? Type => this["type"];

        public string ETag => Headers.GetValues("ETag").Single();
    }

    /// <summary>What the API logged of its failures: a 500 is a fault of the test's or the product's, and never expected.</summary>
    private sealed class Faults : ILoggerProvider, ILogger
    {
        public string? Last { get; private set; }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) Last = $"{formatter(state, exception)} {exception}".Split("\n   at ")[0];
        }

        public void Dispose()
        {
        }
    }

    private sealed class SaysWho(PeopleDirectory people, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            if (people.Actor(Request.Headers[UserHeader].ToString()) is not { } actor) return Task.FromResult(AuthenticateResult.NoResult());
            Context.Features.Set(actor);
            var who = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, actor.Name)], Scheme.Name));
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(who, Scheme.Name)));
        }
    }
}

/// <summary>The classes that share one such API.</summary>
[CollectionDefinition(Name)]
public sealed class RecordsGroup : ICollectionFixture<RecordsFixture>
{
    public const string Name = "records";
}
