namespace Crm.Forecasts;

/// <summary>Keeps what was forecast on each day.</summary>
public interface IForecastKeeper
{
    /// <summary>Keeps a day's forecast, unless it is kept already, and lets go of days that are too old; true when it was kept now.</summary>
    /// <param name="day">The company's day.</param>
    /// <param name="committedFrom">Per cent from which on an open deal counts as committed.</param>
    /// <param name="currency">The base currency, in which the worths are.</param>
    Task<bool> Keep(DateOnly day, decimal committedFrom, string currency, CancellationToken stop = default);
}
