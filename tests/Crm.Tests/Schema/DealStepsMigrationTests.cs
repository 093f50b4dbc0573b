using Crm.Infrastructure;
using Xunit;

namespace Crm.Schema;

/// <summary>A database from before all steps of deals were kept: what deals remember, and before that what the audit says.</summary>
public sealed class DealStepsMigrationTests : OldDatabase
{
    [Fact]
    public async Task Steps_that_deals_remember_no_more_come_out_of_the_audit()
    {
        await Run(number => number < 41);
        await Database.Do("""
            CREATE FUNCTION step(n int) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object(
              'stage', CASE n % 2 WHEN 0 THEN 'proposal' ELSE 'prospecting' END, 'name', 'Old name ' || n, 'by', 'us_' || n,
              'at', to_char('2026-01-01'::timestamp + n * interval '1 minute', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) $$;
            CREATE FUNCTION steps(first int, last int) RETURNS jsonb LANGUAGE sql AS $$
              SELECT jsonb_agg(step(n) ORDER BY n) FROM generate_series(first, last) AS n $$;
            INSERT INTO deal (id, row_version, record_version, version, state, created_at, updated_at, created_by, last_cause)
            SELECT id, 1, 1, 1, jsonb_build_object('name', id, 'pipeline', 'default', 'stage', 'proposal', 'status', 'open') || history, now(), now(), 'us_1', gen_random_uuid()
            FROM (VALUES ('de_long', jsonb_build_object('stageHistory', steps(21, 120))), ('de_short', jsonb_build_object('stageHistory', steps(1, 2))), ('de_none', '{}')) AS d (id, history);
            INSERT INTO audit (at, by_whom, kind, record, action, changes)
            SELECT '2026-01-01Z'::timestamptz + n * interval '1 minute' + interval '0.4 milliseconds', 'us_' || n, 'deal', id, 'edit', jsonb_build_object('stage', jsonb_build_array(NULL, step(n) ->> 'stage'))
            FROM generate_series(1, 120) AS n, (VALUES ('de_long'), ('de_short')) AS d (id) WHERE id = 'de_long' OR n <= 2;
            INSERT INTO audit (at, by_whom, kind, record, action, changes) VALUES ('2026-01-01', 'us_1', 'deal', 'de_long', 'edit', '{"name": ["a", "b"]}');
            """);

        await Run(number => number >= 41);

        Assert.Equal("de_long 120 1 120,de_short 2 1 2", await Database.Ask<string>(
            "SELECT string_agg(concat_ws(' ', deal, count, min, max), ',' ORDER BY deal) FROM (SELECT deal, count(*), min(number), max(number) FROM deal_step GROUP BY deal) s"));
        Assert.Equal(0, await Database.Ask<long>("SELECT count(*) FROM deal_step WHERE by_whom <> 'us_' || number OR stage <> step(number) ->> 'stage' OR date_trunc('minute', at) <> '2026-01-01Z'::timestamptz + number * interval '1 minute'"));
        Assert.Equal("Proposal,Old name 21", await Database.Ask<string>("SELECT string_agg(name, ',' ORDER BY number) FROM deal_step WHERE deal = 'de_long' AND number IN (20, 21)"));

        // And from then on each write adds what it adds.
        await Database.Do("UPDATE deal SET state = state || jsonb_build_object('stageHistory', steps(22, 121)) WHERE id = 'de_long'");
        await Database.Do("UPDATE deal SET state = state || '{\"name\": \"other\"}' WHERE id IN ('de_long', 'de_none')");
        await Database.Do("UPDATE deal SET state = state || jsonb_build_object('stageHistory', steps(1, 1)) WHERE id = 'de_none'");
        Assert.Equal("de_long 121,de_none 1,de_short 2", await Database.Ask<string>(
            "SELECT string_agg(concat_ws(' ', deal, count), ',' ORDER BY deal) FROM (SELECT deal, count(*) FROM deal_step GROUP BY deal) s"));
        Assert.Equal("us_121", await Database.Ask<string>("SELECT by_whom FROM deal_step WHERE number = 121"));
    }
}
