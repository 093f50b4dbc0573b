namespace Crm.Customers;

/// <summary>
/// A small map from text to a value that is changed in place. Most customers hold a handful of entries, which a search in one
/// array finds faster and in less memory than a dictionary; an index comes with the 17th entry. Its owner bounds it.
/// </summary>
internal sealed class Keyed<T>
{
    private const int IndexFrom = 16;
    private const int MaxKept = 256;

    private (string Key, T Value)[] _entries;
    private Dictionary<string, int>? _index;

    public Keyed(int capacity = 2)
    {
        _entries = new (string, T)[Math.Max(2, capacity)];
        if (capacity > IndexFrom) _index = new Dictionary<string, int>(capacity, StringComparer.Ordinal);
    }

    public int Count { get; private set; }

    public ref T this[int at] => ref _entries[at].Value;

    public string Key(int at) => _entries[at].Key;

    /// <summary>Where the key is; -1 when it is not there.</summary>
    public int Find(string key)
    {
        if (_index is not null) return _index.TryGetValue(key, out var known) ? known : -1;
        for (var at = 0; at < Count; at++)
        {
            if (_entries[at].Key == key) return at;
        }

        return -1;
    }

    /// <summary>The value of a key, made with its default when it was not there. Valid until the next change of the map.</summary>
    public ref T Get(string key, out bool added)
    {
        var at = Find(key);
        added = at < 0;
        if (added) at = Add(key);
        return ref _entries[at].Value;
    }

    /// <summary>Takes an entry out; the last one takes its place.</summary>
    public void RemoveAt(int at)
    {
        _index?.Remove(_entries[at].Key);
        Count--;
        if (at < Count)
        {
            _entries[at] = _entries[Count];
            if (_index is not null) _index[_entries[at].Key] = at;
        }

        _entries[Count] = default;
    }

    /// <summary>Takes all entries out, and keeps their memory unless it has grown far beyond what is usual.</summary>
    public void Clear()
    {
        if (_entries.Length > MaxKept)
        {
            _entries = new (string, T)[IndexFrom];
            _index = null;
        }

        Array.Clear(_entries, 0, Math.Min(Count, _entries.Length));
        _index?.Clear();
        Count = 0;
    }

    /// <summary>The entries' positions in the order of their keys: answers do not depend on the order of arrival.</summary>
    public int[] Sorted()
    {
        var order = new int[Count];
        for (var at = 0; at < Count; at++) order[at] = at;
        Array.Sort(order, (left, right) => string.CompareOrdinal(_entries[left].Key, _entries[right].Key));
        return order;
    }

    private int Add(string key)
    {
        if (Count == _entries.Length) Array.Resize(ref _entries, Count * 2);
        _entries[Count] = (key, default!);
        if (_index is not null)
        {
            _index.Add(key, Count);
        }
        else if (Count >= IndexFrom)
        {
            _index = new Dictionary<string, int>(Count * 2, StringComparer.Ordinal);
            for (var at = 0; at <= Count; at++) _index.Add(_entries[at].Key, at);
        }

        return Count++;
    }
}
