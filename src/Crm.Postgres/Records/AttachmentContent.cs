using Npgsql;
using NpgsqlTypes;

namespace Crm.Records;

/// <summary>The bytes of a file, each piece by a statement of its own: the row holds them uncompressed, so that any part is as near as the first.</summary>
internal sealed class AttachmentContent(NpgsqlDataSource database, Attachment attachment) : Stream
{
    /// <summary>Longest piece.</summary>
    private const int MaxPiece = 256 * 1024;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => attachment.Size;

    public override long Position { get; set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = (int)Math.Min(Math.Min(buffer.Length, MaxPiece), Length - Position);
        if (wanted <= 0) return 0;
        await using var command = database.CreateCommand("SELECT substring(content FROM $2 FOR $3) FROM attachment WHERE id = $1")
            .With(NpgsqlDbType.Text, attachment.Id).With(NpgsqlDbType.Integer, (int)Position + 1).With(NpgsqlDbType.Integer, wanted);
        if (await command.ExecuteScalarAsync(cancellationToken) is not byte[] piece || piece.Length != wanted)
            throw new EndOfStreamException("The file was taken away while it was read.");
        piece.CopyTo(buffer);
        Position += piece.Length;
        return piece.Length;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) =>
        Position = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => Position + offset, _ => Length + offset };

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush()
    {
    }
}
