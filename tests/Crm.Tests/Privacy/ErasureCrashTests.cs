using Crm.Infrastructure;
using Xunit;

namespace Crm.Privacy;

/// <summary>Erasures whose silos die at each step: the step's work was done, its note of that was not.</summary>
public sealed class ErasureCrashTests(CrmCluster crm) : IClassFixture<CrmCluster>
{
    private IErasures Erasures => crm.Stores.Get<IErasures>();

    [Fact]
    public async Task An_erasure_ends_whenever_its_silo_dies()
    {
        for (var step = ErasureStep.Closed; step <= ErasureStep.Done; step++)
        {
            var ada = new Person(crm);
            await crm.Happen(ada.Life());
            await crm.Settle();
            await Forbid(step);
            var job = await Erasures.Begin(ada.Id, "", suppress: false);
            await Eventually.True(
                async () => await Attempts() > 0 && (await Erasures.Find(job.Id))!.Step == step - 1, $"{step} is tried", TimeSpan.FromSeconds(60));

            await crm.Silos.KillSiloAsync(crm.Silos.Silos[^1]);
            await crm.Silos.StartAdditionalSiloAsync();
            await crm.Database.Do("drop trigger forbidden on erasure; drop function forbid cascade; drop sequence attempts");

            await Eventually.True(
                async () => (await Erasures.Find(job.Id))!.Step == ErasureStep.Done, $"it is done after {step}", TimeSpan.FromSeconds(90));
            Assert.Empty(await Traces.Of(crm.Database, ada.Texts));
            var receipt = await Erasures.Receipt((await Erasures.Find(job.Id))!);
            Assert.Equal((2, 8, 6), (receipt.Erased["customer"], receipt.Erased["event_block"], receipt.Erased["history"]));
            Assert.True(await Erasures.Verify(receipt, ada.Id));
        }
    }

    /// <summary>Lets no job come to a step; a sequence counts the tries, whose transactions are taken back.</summary>
    private Task Forbid(ErasureStep step) => crm.Database.Do($"""
        create sequence attempts;
        create function forbid() returns trigger language plpgsql as $$
        begin
          if new.step = {(short)step} then
            perform nextval('attempts');
            raise exception 'died';
          end if;
          return new;
        end $$;
        create trigger forbidden before update on erasure for each row execute function forbid();
        """);

    private async Task<long> Attempts() => await crm.Database.Ask<bool>("select is_called from attempts") ? 1 : 0;
}
