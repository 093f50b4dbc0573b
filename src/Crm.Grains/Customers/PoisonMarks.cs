namespace Crm.Customers;

/// <summary>
/// Events on which this silo's rules failed: their customer's next activation skips them. When a silo dies with its marks, its
/// successor fails on them once more.
/// </summary>
internal sealed class PoisonMarks
{
    /// <summary>A mark is needed until its reject is stored, some seconds; beyond this, the oldest goes.</summary>
    private const int Max = 10_000;

    private readonly Lock _lock = new();
    private readonly HashSet<(string Lane, long Seq)> _marks = [];
    private readonly Queue<(string Lane, long Seq)> _order = new();
    private volatile bool _any;

    public bool Contains(string lane, long seq)
    {
        if (!_any) return false;
        lock (_lock) return _marks.Contains((lane, seq));
    }

    public void Add(string lane, long seq)
    {
        lock (_lock)
        {
            if (!_marks.Add((lane, seq))) return;
            _order.Enqueue((lane, seq));
            if (_marks.Count > Max) _marks.Remove(_order.Dequeue());
            _any = true;
        }
    }
}
