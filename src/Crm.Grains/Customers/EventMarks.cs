using Crm.Clickstream;

namespace Crm.Customers;

/// <summary>How many of a customer's events carry a mark of the accept path.</summary>
internal sealed class EventMarks
{
    private long _crawler;
    private long _flood;

    public static bool Any(EventFaults faults) => (faults & (EventFaults.Crawler | EventFaults.Flood)) != 0;

    public void Add(EventFaults faults)
    {
        if ((faults & EventFaults.Crawler) != 0) _crawler++;
        if ((faults & EventFaults.Flood) != 0) _flood++;
    }

    public void Absorb(EventMarks other)
    {
        _crawler += other._crawler;
        _flood += other._flood;
    }

    public EventMarksView View() => new(_crawler, _flood);

    public void Write(ProfileWriter output)
    {
        output.Number(_crawler);
        output.Number(_flood);
    }

    public static EventMarks Read(ref PackReader input) => new() { _crawler = input.Number(), _flood = input.Number() };
}
