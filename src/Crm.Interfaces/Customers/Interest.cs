namespace Crm.Customers;

/// <summary>
/// What a customer's events of one day weigh together. Whole numbers, so that any order of adding gives the same, and linear: those
/// of two customers add up.
/// </summary>
/// <param name="Day">Days since 1970-01-01, UTC.</param>
/// <param name="Weight">Sum of the events' weights.</param>
/// <param name="Moment">Sum of weight times minutes since noon of the day: where in the day they lie.</param>
[GenerateSerializer, Immutable, Alias("crm.interest-day")]
public readonly record struct InterestDay(
    [property: Id(0)] int Day, [property: Id(1)] long Weight, [property: Id(2)] long Moment);
