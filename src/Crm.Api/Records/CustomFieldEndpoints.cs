using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Documentation;
using Crm.Hosting;

namespace Crm.Records;

/// <summary>Fields of one's own: everybody who works with records may see which there are, administrators make them.</summary>
internal static class CustomFieldEndpoints
{
    public const string Prefix = "/api/v1/fields";

    /// <summary>Records that one call of a purge cleans: each is a change of its own.</summary>
    private const int PurgedAtATime = 500;

    private const int MaxTries = 5;

    /// <summary>Records with a value that are counted when their field is deleted.</summary>
    private const int MaxCounted = 1_000;

    private static readonly Problem s_unknown = new(StatusCodes.Status404NotFound, "field-unknown", "There is no such field.", $"GET {Prefix} lists them.");

    private static readonly Problem s_forbidden = new(
        StatusCodes.Status403Forbidden, "forbidden", "Only administrators make and change fields.", "Ask one of them.");

    public static void MapCustomFields(this IEndpointRouteBuilder routes)
    {
        var fields = routes.MapGroup(Prefix).RequireAuthorization(Policies.Records).NeedsSilo().WithTags("Fields");
        fields.MapGet("", List).WithName("listFields").WithSummary("Fields of one's own, of one kind with ?kind=").Produces<FieldList>();
        fields.MapGet("/{id}", Get).WithName("getField").WithSummary("A field").Produces<FieldView>().ProducesProblem(StatusCodes.Status404NotFound);
        fields.MapPost("", Create).WithName("createField").WithSummary("Makes a field of a kind of record; its index follows in the background")
            .WithMetadata(IdempotentEndpoint.Instance).Takes<FieldCreation>().Produces<FieldView>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        fields.MapPatch("/{id}", Change).WithName("changeField").WithSummary("Changes label, choices and whether it is needed, by a merge-patch")
            .WithMetadata(IdempotentEndpoint.Instance).Takes<FieldChange>().Produces<FieldView>().ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status412PreconditionFailed).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        fields.MapDelete("/{id}", (HttpContext context, string id, CustomFields stored) => SetDeleted(context, id, stored, true)).WithName("deleteField")
            .WithSummary("Hides a field with its values, which are kept, and says how many; refused while a stage demands it").Produces<FieldDeletion>()
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        fields.MapPost("/{id}/restore", (HttpContext context, string id, CustomFields stored) => SetDeleted(context, id, stored, false)).WithName("restoreField")
            .WithSummary("Shows a deleted field and its values again").Produces<FieldView>().ProducesProblem(StatusCodes.Status404NotFound);
        fields.MapPost("/{id}/purge", Purge).WithName("purgeField")
            .WithSummary($"Takes a deleted field's values out of up to {PurgedAtATime} records; call it until nothing is left, and its name is free").Produces<FieldPurge>()
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> List(HttpContext context, CustomFields stored)
    {
        var (kind, actor) = (context.Request.Query["kind"].ToString(), context.Actor());
        var all = await stored.List(context.RequestAborted);
        return Results.Ok(new FieldList([.. all
            .Where(f => (kind.Length == 0 || f.Kind == kind) && (actor.Administers || f.DeletedAt is null) && !actor.Of(f.Kind).Hidden.Contains(f.Rule.Field.Name))
            .Select(FieldView.Of)]));
    }

    private static async Task<IResult> Get(HttpContext context, string id, CustomFields stored) =>
        await Find(context, id, stored) is { } field ? RecordRequests.Record(context, FieldView.Of(field), field.RecordVersion) : s_unknown;

    private static async Task<IResult> Create(HttpContext context, CustomFields stored, ICustomFields known)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        if (context.MustAdminister(s_forbidden) is { } refused) return refused;
        var id = "fld_" + RandomNumberGenerator.GetHexString(20, lowercase: true);
        if (CustomFieldBody.New(id, body, out var errors) is not { } field) return RecordRequests.BadFields(errors);
        var write = await stored.Create(field, context.Cause(), context.RequestAborted);
        if (write != CustomFieldWrite.Done) return Refused(write, field);
        await known.Renew(context.RequestAborted);
        context.Response.Headers.ETag = RecordRequests.ETag(field.RecordVersion);
        return Results.Created($"{Prefix}/{id}", FieldView.Of((await Find(context, id, stored))!));
    }

    private static async Task<IResult> Change(HttpContext context, string id, CustomFields stored, ICustomFields known)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        if (context.MustAdminister(s_forbidden) is { } refused) return refused;
        var wanted = RecordRequests.IfMatch(context.Request);
        for (var attempt = 0; attempt < MaxTries; attempt++)
        {
            if (await Find(context, id, stored) is not { DeletedAt: null } field) return s_unknown;
            if (wanted is { } version && version != field.RecordVersion) return RecordRequests.Stale;
            if (CustomFieldBody.Change(field, body, out var errors) is not { } changed) return RecordRequests.BadFields(errors);
            var write = await stored.Update(changed, [.. field.Choices.Except(changed.Choices)], context.Cause(), context.RequestAborted);
            if (write == CustomFieldWrite.Stale) continue;
            if (write != CustomFieldWrite.Done) return Refused(write, field);
            await known.Renew(context.RequestAborted);
            return await Get(context, id, stored);
        }

        return RecordRequests.Stale;
    }

    private static async Task<IResult> SetDeleted(HttpContext context, string id, CustomFields stored, bool deleted)
    {
        if (context.MustAdminister(s_forbidden) is { } refused) return refused;
        var clock = context.RequestServices.GetRequiredService<TimeProvider>();
        if (await Find(context, id, stored) is not { } field || (field.DeletedAt is null) != deleted) return s_unknown;
        if (deleted && await Demanded(context, field) is { } refusal) return refusal;
        var write = await stored.Update(field with { DeletedAt = deleted ? clock.GetUtcNow() : null }, [], context.Cause(), context.RequestAborted);
        if (write != CustomFieldWrite.Done) return RecordRequests.Stale;
        await context.RequestServices.GetRequiredService<ICustomFields>().Renew(context.RequestAborted);
        return deleted ? await Deleted(context, field, stored) : await Get(context, id, stored);
    }

    // A stage that demands what nobody can give any more would hold up every deal.
    private static async Task<Problem?> Demanded(HttpContext context, CustomField field)
    {
        if (field.Kind != RecordKinds.Deal) return null;
        var pipelines = await context.RequestServices.GetRequiredService<Deals.Pipelines>().Now(context.RequestAborted);
        var stages = pipelines.All.SelectMany(p => p.Stages.Where(s => s.Required.Contains(CustomField.Prefix + field.Name)).Select(s => $"{s.Name} of {p.Name}")).ToArray();
        return stages.Length == 0 ? null : new Problem(
            StatusCodes.Status409Conflict, "field-in-use", "Stages demand this field.",
            $"It is needed in {string.Join(", ", stages)}. Take it out of their required fields first.");
    }

    private static async Task<IResult> Deleted(HttpContext context, CustomField field, CustomFields stored)
    {
        var holders = (await stored.Holders(field, MaxCounted + 1, context.RequestAborted)).Count;
        var many = holders > MaxCounted ? $"More than {MaxCounted}" : holders.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Results.Ok(new FieldDeletion(Math.Min(holders, MaxCounted), holders == 0
            ? $"No record holds a value. POST {Prefix}/{field.Id}/purge frees the name."
            : $"{many} records hold a value, which is kept but not shown; filters and sorts by {CustomField.Prefix}{field.Name} are refused. POST {Prefix}/{field.Id}/restore shows all again, POST {Prefix}/{field.Id}/purge takes the values out for good."));
    }

    private static async Task<IResult> Purge(HttpContext context, string id, CustomFields stored, IGrainFactory grains)
    {
        if (context.MustAdminister(s_forbidden) is { } refused) return refused;
        if (await Find(context, id, stored) is not { } field) return s_unknown;
        if (field.DeletedAt is null) return new Problem(StatusCodes.Status409Conflict, "field-in-use", "The field is in use.", "Delete it first; its values are kept until they are purged.");
        var holders = await stored.Holders(field, PurgedAtATime, context.RequestAborted);
        var (purged, cause) = (0, RecordCommands.Cause(context));
        foreach (var record in holders)
        {
            var answer = await grains.Record(field.Kind, record).Forget(field.Name, cause with { Cause = Guid.NewGuid() }).WaitAsync(context.RequestAborted);
            if (answer.Refusal == RecordRefusal.None) purged++;
        }

        if (holders.Count > 0) return Results.Ok(new FieldPurge(purged, true));
        await stored.Remove(field, context.Cause(), context.RequestAborted);
        return Results.Ok(new FieldPurge(0, false));
    }

    private static async Task<CustomField?> Find(HttpContext context, string id, CustomFields stored)
    {
        var field = (await stored.List(context.RequestAborted)).FirstOrDefault(f => f.Id == id);
        return field is null || context.Actor().Administers || (field.DeletedAt is null && !context.Actor().Of(field.Kind).Hidden.Contains(field.Rule.Field.Name)) ? field : null;
    }

    private static Problem Refused(CustomFieldWrite write, CustomField field) => write switch
    {
        CustomFieldWrite.Exists => new(StatusCodes.Status409Conflict, "field-exists", $"{field.Kind} has a field {field.Name}.",
            "Choose another name, restore the deleted field, or purge it: then its name is free."),
        CustomFieldWrite.Bound => new(StatusCodes.Status409Conflict, "too-many-fields", $"{field.Kind} has {CustomField.MaxOfKind} fields of your own.",
            "Delete and purge one that is not used any more."),
        CustomFieldWrite.InUse => new(StatusCodes.Status409Conflict, "choice-in-use", "Records hold a choice that would go.",
            $"Filter by {CustomField.Prefix}{field.Name} to find them, and change them first."),
        _ => RecordRequests.Stale,
    };
}
