using System.Net;
using Crm.Bench;
using Crm.Infrastructure;
using Npgsql;
using Xunit;
using Xunit.Abstractions;

namespace Crm.Proofs;

/// <summary>
/// The kill proof on the product that the tests built: one short round of each kind always, all rounds with ./test --full.
/// On a machine that nothing else uses, <c>dotnet run -c Release --project bench/Crm.Bench -- kill</c> also holds it to its times.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    /// <summary>Test machines are shared: here it must come back, not come back fast.</summary>
    private const double PatientOutage = 80;

    [Fact]
    public Task A_killed_silo_loses_and_doubles_nothing() => Short(Victim.Silo);

    [Fact]
    public Task A_killed_API_loses_and_doubles_nothing() => Short(Victim.Api);

    [Fact]
    public Task A_killed_PostgreSQL_loses_and_doubles_nothing() => Short(Victim.Postgres);

    [Fact]
    public Task One_killed_silo_of_two_loses_and_doubles_nothing() => Short(Victim.OneOfTwo);

    [FullFact]
    public Task Five_rounds_of_a_killed_silo() => All(Victim.Silo);

    [FullFact]
    public Task Five_rounds_of_a_killed_API() => All(Victim.Api);

    [FullFact]
    public Task Five_rounds_of_a_killed_PostgreSQL() => All(Victim.Postgres);

    [FullFact]
    public Task Five_rounds_of_one_killed_silo_of_two() => All(Victim.OneOfTwo);

    private Task Short(Victim victim) => Prove(new KillOptions
    {
        Victim = victim,
        Rounds = 1,
        Seconds = 10,
        Rate = 1_500,
        Customers = 2_000,
        OutageLimit = PatientOutage,
    });

    private Task All(Victim victim) => Prove(new KillOptions { Victim = victim, OutageLimit = PatientOutage });

    private async Task Prove(KillOptions options)
    {
        await using var product = await Product.Start("--silos", $"{options.Silos}");
        await using var database = NpgsqlDataSource.Create(product.Database);
        var subject = new KillSubject(
            new IPEndPoint(IPAddress.Loopback, product.Port), product.Data, await product.Key("write"), await product.Key("server"), database);

        var wrong = await new KillProof(subject, options, output.WriteLine).Run();

        Assert.Equal("", string.Join('\n', wrong));
    }
}
