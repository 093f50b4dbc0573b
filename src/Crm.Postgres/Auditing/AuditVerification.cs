using System.Data;
using System.Text.Json;
using Crm.Privacy;
using Npgsql;

namespace Crm.Auditing;

/// <summary>What a look through the whole audit found.</summary>
/// <param name="Lines">Lines that were looked at and are as they were chained.</param>
/// <param name="Unchained">Lines that are newer than the chain's end: they are chained within seconds.</param>
/// <param name="Head">The end, as <c>number:hash</c>: whoever notes it elsewhere can ask later whether it is still part of the chain. Null for none.</param>
/// <param name="Fault">The first that is wrong; null when all is well.</param>
public sealed record AuditReport(long Lines, long Unchained, string? Head, AuditFault? Fault);

/// <summary>What is wrong.</summary>
/// <param name="Id">The line's id; null for the end, or a line that is gone.</param>
/// <param name="What">What differs, in words.</param>
public sealed record AuditFault(long? Id, string What);

/// <summary>Reads the audit from its beginning and computes each link anew. Nothing that the database computed is believed.</summary>
public sealed class AuditVerification
{
    private readonly InstallationSecret.Keys _keys;
    private readonly (long Seq, string Hash)? _noted;
    private readonly SortedSet<long> _blank = [];
    private byte[] _link = AuditLine.Beginning;
    private long _seq;
    private long _unchained;
    private long? _last;
    private bool _met;

    private AuditVerification(InstallationSecret.Keys keys, (long Seq, string Hash)? noted) => (_keys, _noted) = (keys, noted);

    /// <summary>Looks through all of it, as it is at one moment.</summary>
    /// <param name="noted">An end that was noted earlier (<see cref="AuditReport.Head"/>); null for none.</param>
    public static async Task<AuditReport> Run(NpgsqlDataSource database, (long Seq, string Hash)? noted = null, CancellationToken stop = default)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, stop);
        return await new AuditVerification(await InstallationSecret.Of(connection, stop), noted).Run(connection, stop);
    }

    private async Task<AuditReport> Run(NpgsqlConnection connection, CancellationToken stop)
    {
        var head = await AuditHead.Read(connection, stop);
        var fault = head is not null && !head.IsSigned(_keys) ? new AuditFault(null, "the end of the chain was altered: its signature is wrong") : null;
        fault ??= await Lines(connection, stop);
        fault ??= End(head);
        return new AuditReport(_seq, _unchained, head is null ? null : $"{head.Seq}:{Convert.ToHexStringLower(head.Hash)}", fault);
    }

    private async Task<AuditFault?> Lines(NpgsqlConnection connection, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand($"SELECT {AuditLine.Columns} FROM audit ORDER BY chain_seq NULLS LAST, id", connection) { CommandTimeout = 0 };
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop))
        {
            var line = AuditLine.Read(rows);
            if ((Chained(line) ?? Content(line)) is { } what) return new AuditFault(what.IsMissing ? null : line.Id, what.Text);
        }

        return null;
    }

    private (string Text, bool IsMissing)? Chained(AuditLine line)
    {
        if (line.ChainSeq is not { } seq)
        {
            _unchained++;
            return line.Chained is null ? null : ("it has a link and no place in the chain", false);
        }

        if (seq != _seq + 1) return ($"line number {_seq + 1} of the chain is missing{(_last is { } last ? $": it stood behind id {last}" : "")}, before id {line.Id}", true);
        if (line.ChangesHash is null) return ("changes_hash is gone", false);
        if (!line.IsBlank && (line.Salt is null || !line.HashOfChanges().AsSpan().SequenceEqual(line.ChangesHash))) return ("changes, salt or changes_hash differs from what was chained", false);
        var link = line.Link(_link, line.ChangesHash);
        if (line.Chained is null || !link.AsSpan().SequenceEqual(line.Chained))
            return ("id, at, by_whom, address, kind, record, action, changes_hash or chained differs from what was chained, or the line was moved", false);
        (_seq, _link, _last) = (seq, link, line.Id);
        if (_noted is { } noted && noted.Seq == seq)
        {
            _met = true;
            if (!string.Equals(noted.Hash, Convert.ToHexStringLower(link), StringComparison.OrdinalIgnoreCase)) return ("the chain up to it is not the one whose end was noted", false);
        }

        return null;
    }

    // What was taken away is named by a line of the erasure that took it.
    private (string Text, bool IsMissing)? Content(AuditLine line)
    {
        if (line.IsBlank) _blank.Add(line.Id);
        if (line is not { Kind: AuditBlanking.Kind, Action: AuditBlanking.Action, Changes: { } changes }) return null;
        using var json = JsonDocument.Parse(changes);
        foreach (var id in json.RootElement.GetProperty(AuditBlanking.Lines).EnumerateArray()) _blank.Remove(id.GetInt64());
        return null;
    }

    private AuditFault? End(AuditHead? head)
    {
        if (head is null && _seq > 0) return new AuditFault(null, "the end of the chain is missing");
        if (head is not null && _seq < head.Seq)
            return new AuditFault(null, $"lines number {_seq + 1} to {head.Seq} of the chain are missing{(_last is { } last ? $": they stood behind id {last}" : "")}");
        if (head is not null && _seq > head.Seq) return new AuditFault(_last, "it and maybe lines before stand behind the signed end of the chain");
        if (head is not null && !_link.AsSpan().SequenceEqual(head.Hash)) return new AuditFault(_last, "the chain is not the one whose end was signed: it was built anew");
        if (_blank.Count > 0) return new AuditFault(_blank.Min, "changes and salt are gone, and no erasure took them away");
        return _noted is { } noted && !_met ? new AuditFault(null, $"the chain is shorter than the {noted.Seq} lines that were noted") : null;
    }
}
