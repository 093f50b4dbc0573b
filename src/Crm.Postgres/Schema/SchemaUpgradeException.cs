namespace Crm.Schema;

/// <summary>A schema script failed. Nothing of it is left in the database; the next start tries it again.</summary>
public sealed class SchemaUpgradeException(string script, Exception cause)
    : Exception($"Schema script {script} failed: {cause?.Message}", cause)
{
    /// <summary>The file name of the script, such as <c>0002_log.sql</c>.</summary>
    public string Script { get; } = script;
}
