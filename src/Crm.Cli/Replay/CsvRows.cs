using System.IO.Compression;
using Crm.CommandLine;
using CsvHelper;

namespace Crm.Replay;

/// <summary>The rows of a CSV file, gzipped or not, with its header read first.</summary>
internal sealed class CsvRows : IDisposable
{
    /// <summary>Longest row, in bytes: a quote that is never closed must not swallow a large file into memory.</summary>
    private const int MaxRowBytes = 4 * 1024 * 1024;

    private readonly FileStream _file;
    private readonly CsvReader _reader;

    private CsvRows(FileStream file, CsvReader reader)
    {
        _file = file;
        _reader = reader;
        Columns = [.. reader.Headers];
    }

    /// <summary>The names in the first row.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>How much of the file was read, from 0 to 1.</summary>
    public double Fraction => _file.Length == 0 ? 1 : (double)_file.Position / _file.Length;

    /// <param name="path">The file.</param>
    /// <param name="delimiter">What separates cells; null to tell it from the first lines.</param>
    /// <exception cref="CommandFailedException">The file is not there, empty, or no CSV.</exception>
    public static CsvRows Open(string path, char? delimiter)
    {
        if (!File.Exists(path)) throw new CommandFailedException($"there is no file {path}.");
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        var zipped = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
        file.Position = 0;
        Stream content = zipped ? new GZipStream(file, CompressionMode.Decompress) : file;
        var reader = CsvReader.Create(content, new CsvReaderOptions { Separator = delimiter, PoolStrings = true, MaxRecordSize = MaxRowBytes });
        try
        {
            var rows = new CsvRows(file, reader);
            if (rows.Columns.Count > 0) return rows;
            rows.Dispose();
        }
        catch (CsvFormatException broken)
        {
            reader.Dispose();
            throw new CommandFailedException($"{path} cannot be read as CSV: {broken.Message}");
        }

        throw new CommandFailedException($"{path} is empty; its first row must name the columns.");
    }

    /// <summary>The rows, each with its number in the file (the first below the header is 1). Ragged ones are refused.</summary>
    public IEnumerable<(long Number, string[] Cells)> Rows(ReplayProblems problems)
    {
        for (long number = 1; Next(); number++)
        {
            if (_reader.FieldCount == Columns.Count) yield return (number, _reader.Current.ToArray());
            else problems.Add($"row {number} has {_reader.FieldCount} cells, the header has {Columns.Count}");
        }
    }

    private bool Next()
    {
        try
        {
            return _reader.Read();
        }
        catch (Exception broken) when (broken is CsvFormatException or InvalidDataException or EndOfStreamException)
        {
            throw new CommandFailedException($"{_file.Name} cannot be read on after row {_reader.RowNumber}: {broken.Message}");
        }
    }

    public void Dispose() => _reader.Dispose();
}
