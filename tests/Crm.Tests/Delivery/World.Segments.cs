using Crm.Segments;

namespace Crm.Delivery;

/// <summary>Segments: silos that learn of definitions, the one who has everybody looked at, and time that passes.</summary>
internal sealed partial class World
{
    /// <summary>Hours of one life before its faults stop: less than copies of messages are told apart for.</summary>
    private const double MostHours = 16;

    /// <summary>Days that pass at once between two lives: less, with all that is late, than days of interest are kept.</summary>
    private const int DaysBetweenLives = 5;

    /// <summary>Days that pass at once when nothing comes any more.</summary>
    private const int DaysAtTheEnd = 200;

    private const int Looks = 3;

    private double _hours;

    /// <summary>Time alone moves customers: to the moment that is foretold, to just before it, and to any other.</summary>
    private void JudgeInTime(bool isLast)
    {
        _hours = 0;
        for (var look = 0; look < Looks && Broken is null; look++)
        {
            var most = TimeSpan.FromDays(isLast ? DaysAtTheEnd : DaysBetweenLives);
            var next = Segments!.Judge.NextChange() - Clock.GetUtcNow();
            var time = next > TimeSpan.Zero && next < most && Random.Next(3) > 0 ? next.Value - TimeSpan.FromMilliseconds(Random.Next(2)) : most * Random.NextDouble();
            Note($"LEAP {time}");
            PassTime(time);
            Segments.Judge.JudgeEarly();
            Drain();
            if (Broken is null) Segments.Judge.JudgeStored();
        }
    }

    private void LeapAbit()
    {
        var hours = Random.NextDouble() * 3;
        if ((_hours += hours) > MostHours) return;
        Note($"LEAP {hours} h");
        PassTime(TimeSpan.FromHours(hours));
    }

    private void WatchSegments(params IEnumerable<Silo> silos)
    {
        foreach (var silo in silos) silo.RenewSegments();
        _ = Grains.Segments().FollowCards();
        _ = Grains.Segments().Fill();
        RunTurns();
    }
}
