using Crm.Infrastructure;
using Xunit;

namespace Crm.Customers;

/// <summary>What waits for lists of customers, as the database keeps it.</summary>
public sealed class CustomerListsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private static readonly DateTimeOffset s_now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly Stores _stores = new(postgres.ConnectionString);

    private ICustomerLists Lists => _stores.Get<ICustomerLists>();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _stores.DisposeAsync();

    [Fact]
    public async Task Who_is_due_waits_until_settled_and_who_became_due_anew_waits_on()
    {
        await postgres.Source.Do("insert into customer_list_due values ('u:late', '2026-05-01T13:00Z'), ('u:a', '2026-05-01T11:00Z'), ('u:b', '2026-05-01T10:00:00.123456Z')");
        var due = await Lists.Due(s_now, 10);
        Assert.Equal(["u:b", "u:a"], due.Select(d => d.Customer));

        await postgres.Source.Do("update customer_list_due set due_at = '2026-05-01T11:30Z' where id = 'u:a'");
        await Lists.Settle([.. due]);

        Assert.Equal(["u:a"], (await Lists.Due(s_now, 10)).Select(d => d.Customer));
        await Lists.Settle([.. await Lists.Due(s_now.AddDays(1), 10)]);
        Assert.Empty(await Lists.Due(s_now.AddDays(1), 10));
    }

    [Fact]
    public async Task New_terms_make_all_who_ordered_due_and_the_first_ones_nobody()
    {
        await postgres.Source.Do("""
            insert into customer_record (id, row_version, record_version, version, state, created_at, updated_at, created_by, last_cause, orders, moved_to)
            select 't:' || n, 0, 0, 0, '{}', now(), now(), 'events', gen_random_uuid(), n % 2, case when n = 1 then 't:3' end from generate_series(1, 9) n
            """);
        var far = s_now.AddYears(10);
        await Lists.Terms("one", far);
        await Lists.Terms("one", far);
        Assert.DoesNotContain(await Lists.Due(far, 100), d => d.At == far);

        await Lists.Terms("two", far);

        Assert.Equal(["t:3", "t:5", "t:7", "t:9"], (await Lists.Due(far, 100)).Where(d => d.At == far).Select(d => d.Customer).Order(StringComparer.Ordinal));
        await Lists.Settle([.. await Lists.Due(far, 100)]);
    }

    [Fact]
    public async Task A_card_waits_until_it_was_taken_over_as_it_is()
    {
        await postgres.Source.Do("insert into merge_ledger (source, into_id, reason, card_pending) values ('a:m', 'u:m', 'identify', 2)");
        var merge = Assert.Single(await Lists.Cards(10));
        await Lists.Settle(merge, 1);
        Assert.Single(await Lists.Cards(10));
        await Lists.Settle(merge, 2);
        Assert.Empty(await Lists.Cards(10));
    }
}
