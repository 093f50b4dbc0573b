using System.Globalization;
using System.Text.Json;

namespace Crm.Clickstream;

/// <summary>What an ingest call is answered: always <c>{"success":...}</c>, as the protocol's clients expect.</summary>
internal sealed record IngestAnswer(int Status, string? Message, int RetryAfterSeconds, string? Position, int Refused)
{
    public const string PositionHeader = "X-Crm-Position";

    /// <summary>What the metrics call a refusal; null: by its status.</summary>
    public string? Reason { get; init; }

    public static IngestAnswer Accepted(LogPosition? position, int refused) =>
        new(StatusCodes.Status200OK, null, 0, position?.ToString(), refused);

    public static IngestAnswer Failed(IngestFailure failure) =>
        new(failure.Status, failure.Message, failure.RetryAfterSeconds, null, 0);

    public async Task Write(HttpResponse response)
    {
        response.StatusCode = Status;
        response.ContentType = "application/json";
        if (Position is not null) response.Headers[PositionHeader] = Position;
        if (RetryAfterSeconds > 0) response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        await using (var json = new Utf8JsonWriter(response.BodyWriter))
        {
            json.WriteStartObject();
            json.WriteBoolean("success", Status == StatusCodes.Status200OK);
            if (Message is not null) json.WriteString("message", Message);
            if (Position is not null) json.WriteString("position", Position);
            if (Refused > 0) json.WriteNumber("refused", Refused);
            json.WriteEndObject();
        }

        await response.BodyWriter.FlushAsync(CancellationToken.None);
    }
}
