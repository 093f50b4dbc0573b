using System.Globalization;
using Crm.CommandLine;
using Crm.Records;
using Npgsql;

namespace Crm.Access;

/// <summary><c>crm users</c>: the people of the CRM, for whoever has the machine.</summary>
internal sealed class UsersCommand : ICliCommand
{
    public string Name => "users";

    public string Summary => "Lists, adds, resets, blocks and unblocks the people of the CRM.";

    public string Usage => "list | add NAME --role ROLE | reset NAME | block NAME | unblock NAME | admin NAME | setup";

    public IReadOnlyList<CliOption> Options { get; } = [new("role", "ROLE", "what the person may do: administrator, manager, sales, service, reader or a role of yours")];

    public string Details =>
        "\"add\", \"reset\" and \"setup\" print a token alone on stdout. It works once: for \"add\" seven days and for \"reset\" two hours, sent to "
        + "/register as invitation=TOKEN&password=PASSWORD; for \"setup\" seven days, while there is nobody, as setup=TOKEN&username=NAME&password=PASSWORD. "
        + "\"block\" ends the person's sessions; \"admin\" makes the person an administrator.";

    public async Task<int> Run(Arguments arguments, CliContext context, CancellationToken cancellationToken)
    {
        Func<People, Task<int>> action = arguments.Words switch
        {
            ["list"] => people => people.List(),
            ["add", var name] => Add(name, arguments.Required("role")),
            ["reset", var name] => people => people.Reset(name),
            ["block", var name] => people => people.Change(name, user => user with { Enabled = false }, "Blocked."),
            ["unblock", var name] => people => people.Change(name, user => user with { Enabled = true }, "Unblocked."),
            ["admin", var name] => people => people.Change(name, user => user with { Role = Role.Administrator }, "An administrator now."),
            ["setup"] => people => people.Setup(),
            _ => throw new UsageException("it takes list, add NAME, reset NAME, block NAME, unblock NAME, admin NAME or setup."),
        };
        await using var database = Database.Open(await context.Postgres(cancellationToken));
        return await action(new People(database, context, cancellationToken));
    }

    private static Func<People, Task<int>> Add(string name, string role) => CrmUser.IsUserName(name)
        ? people => people.Add(name, role)
        : throw new UsageException($"a user name has 1 to {CrmUser.MaxUserNameLength} visible characters and no blanks.");

    private sealed class People(NpgsqlDataSource database, CliContext context, CancellationToken stop)
    {
        private readonly Users _users = new(database, TimeProvider.System);
        private readonly Roles _roles = new(database, TimeProvider.System);
        private readonly OneTimeLinks _links = new(database, TimeProvider.System);

        public async Task<int> List()
        {
            foreach (var user in await _users.List(stop))
            {
                var state = !user.Enabled ? "blocked" : !user.HasPassword ? "invited"
                    : user.SignedInAt is { } at ? "signed in " + at.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture) : "never signed in";
                await context.Out.WriteLineAsync($"{user.Id}  {user.UserName}  {user.Role}  {(user.Team is { } team ? "team " + team : "no team")}  {state}");
            }

            return 0;
        }

        public async Task<int> Add(string name, string role)
        {
            var roles = await _roles.List(stop);
            if (!roles.Any(r => r.Id == role)) throw new UsageException($"there is no role \"{role}\"; there are: {string.Join(", ", roles.Select(r => r.Id))}.");
            var made = await _users.Create(new CrmUser(CrmUser.NewId(), name, name, role), null, ChangeCause.CommandLine, stop: stop)
                ?? throw new CommandFailedException("the name is taken, or there are too many users.");
            return await Print(LinkPurpose.Invite, made.Id);
        }

        public async Task<int> Reset(string name)
        {
            var user = await Named(name);
            return await Print(user.HasPassword ? LinkPurpose.Reset : LinkPurpose.Invite, user.Id);
        }

        public async Task<int> Setup()
        {
            if (await _users.Any(stop)) throw new CommandFailedException("there is an account already; \"crm users add NAME --role administrator\" makes another.");
            return await Print(LinkPurpose.Setup, null);
        }

        public async Task<int> Change(string name, Func<CrmUser, CrmUser> change, string done)
        {
            var user = await Named(name);
            var wish = change(user);
            if (wish != user && await Update(wish) is null) throw new CommandFailedException("somebody changed the user at the same moment. Try again.");
            await context.Error.WriteLineAsync(done + " Running APIs notice within two seconds.");
            return 0;
        }

        private async Task<CrmUser?> Update(CrmUser wish)
        {
            try
            {
                return await _users.Update(wish, ChangeCause.CommandLine, stop);
            }
            catch (LastAdministratorException)
            {
                throw new CommandFailedException("nobody else could administer. Make somebody else an administrator first.");
            }
        }

        private async Task<CrmUser> Named(string name) =>
            await _users.Named(name, stop) ?? throw new CommandFailedException($"there is no user \"{name}\"; \"crm users list\" shows them.");

        private async Task<int> Print(LinkPurpose purpose, string? user)
        {
            await context.Out.WriteLineAsync(await _links.Make(purpose, user, ChangeCause.CommandLine, stop));
            return 0;
        }
    }
}
