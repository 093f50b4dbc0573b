using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Crm.Access;
using Crm.Deals;
using Xunit;

namespace Crm.Records;

/// <summary>Files of records over the API.</summary>
[Collection(DealsCollection.Name)]
public sealed class AttachmentTests(DealsFixture crm)
{
    private static readonly byte[] s_png = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3];

    [Fact]
    public async Task A_file_comes_back_as_it_was_until_it_is_taken_away()
    {
        var note = await Note();
        const string Name = "报价 \"Q3\".pdf";
        var content = Encoding.ASCII.GetBytes("%PDF-1.7 " + new string('x', 300_000));
        var (status, made) = await Send(note, Name, content);
        Assert.Equal((HttpStatusCode.Created, Name, "application/pdf", content.Length), (status, made.GetProperty("name").GetString(), made.GetProperty("mediaType").GetString(), made.GetProperty("size").GetInt32()));
        var again = await Send(note, Name, content);
        Assert.Equal((HttpStatusCode.OK, Id(made)), (again.Status, Id(again.Body)));

        using (var file = await Call("GET", $"{Files(note)}/{Id(made)}"))
        {
            Assert.Equal(content, await file.Content.ReadAsByteArrayAsync());
            Assert.Equal("application/pdf", file.Content.Headers.ContentType!.MediaType);
            Assert.Equal(("attachment", Name), (file.Content.Headers.ContentDisposition!.DispositionType, file.Content.Headers.ContentDisposition.FileNameStar));
            Assert.Equal("nosniff", Assert.Single(file.Headers.GetValues("X-Content-Type-Options")));
            Assert.Contains("sandbox", Assert.Single(file.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        }

        Assert.Equal(Id(made), Id(Assert.Single((await crm.Ask("GET", Files(note))).Json.GetProperty("items").EnumerateArray())));
        var other = await Note();
        Assert.Equal(404, (await crm.Ask("GET", $"{Files(other)}/{Id(made)}")).Status);
        Assert.Equal(404, (await crm.Ask("DELETE", $"{Files(other)}/{Id(made)}")).Status);
        Assert.Equal(204, (await crm.Ask("DELETE", $"{Files(note)}/{Id(made)}")).Status);
        Assert.Equal(404, (await crm.Ask("GET", $"{Files(note)}/{Id(made)}")).Status);
        Assert.Equal(["attach", "detach"], await Lines(note));
    }

    [Theory]
    [InlineData("page.html", "<html>", 422, "not taken")]
    [InlineData("picture.svg", "<svg/>", 422, "not taken")]
    [InlineData("setup.exe", "MZ", 422, "not taken")]
    [InlineData("none", "text", 422, "not taken")]
    [InlineData("picture.png", "no picture", 422, "no png")]
    [InlineData("offer.pdf", "<html>", 422, "no pdf")]
    [InlineData("sheet.xlsx", "a;b", 422, "no xlsx")]
    [InlineData("notes.txt", "a\0b", 422, "no txt")]
    [InlineData("empty.txt", "", 422, "empty")]
    [InlineData("../up.txt", "text", 422, "no path")]
    [InlineData("a\\b.txt", "text", 422, "no path")]
    [InlineData(".txt", "text", 422, "characters")]
    [InlineData("a\tb.txt", "text", 422, "control")]
    [InlineData("\u202Etxt.exe.pdf", "%PDF-", 422, "control")]
    [InlineData("page.htm", "<html>", 422, "not taken")]
    [InlineData("page.xhtml", "<html/>", 422, "not taken")]
    [InlineData("run.js", "alert(1)", 422, "not taken")]
    [InlineData("picture.svg.png", "<svg/>", 422, "no png")]
    [InlineData("letter.docx", "PK\u0003\u0004 only some zip", 422, "no docx")]
    [InlineData("letter.docx", "PK\u0003\u0004 [Content_Types].xml word/document.xml word/vbaProject.bin", 422, "without macros")]
    [InlineData("sheet.xlsx", "PK\u0003\u0004 [Content_Types].xml word/document.xml", 422, "no xlsx")]
    [InlineData("text.odt", "PK\u0003\u0004 mimetype application/vnd.oasis.opendocument.text", 422, "no odt")]
    [InlineData("mail.eml", "<html>:", 422, "no eml")]
    [InlineData("date.ics", "Monday", 422, "no ics")]
    public async Task What_is_no_usable_file_is_refused_in_words(string name, string content, int status, string word)
    {
        var answer = await Send(await Note(), name, Encoding.UTF8.GetBytes(content));
        Assert.Equal(status, (int)answer.Status);
        Assert.Contains(word, answer.Body.GetProperty("errors").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_is_bounded_and_belongs_to_a_record_that_is_there()
    {
        var note = await Note();
        var content = new byte[Attachments.MaxBytes + 1];
        Array.Fill(content, (byte)'a');
        Assert.Equal(HttpStatusCode.Created, (await Send(note, "most.txt", content[1..])).Status);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await Send(note, "more.txt", content)).Status);
        Assert.Equal(400, (await crm.Ask("POST", Files(note), "{}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Send("ac_nowhere", "a.txt", s_png)).Status);
        var reader = await crm.Key([Scopes.Read]);
        Assert.Equal(HttpStatusCode.Forbidden, (await Send(note, "a.png", s_png, reader)).Status);
        Assert.Equal(200, (await crm.Ask("GET", Files(note), null, reader)).Status);
        Assert.Equal(204, (await crm.Ask("DELETE", "/api/v1/activities/" + note)).Status);
        Assert.Equal(404, (await crm.Ask("GET", Files(note))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Send(note, "a.png", s_png)).Status);
    }

    [Fact]
    public async Task A_record_has_no_more_than_it_may_however_many_come_at_once()
    {
        var note = await Note();
        var answers = await Task.WhenAll(Enumerable.Range(0, Attachments.MaxOfRecord + 5).Select(n => Send(note, $"{n}.png", [.. s_png, (byte)n])));
        Assert.Equal((Attachments.MaxOfRecord, 5), (answers.Count(a => a.Status == HttpStatusCode.Created), answers.Count(a => a.Status == HttpStatusCode.Conflict)));
        Assert.Equal(Attachments.MaxOfRecord, (await crm.Ask("GET", Files(note))).Json.GetProperty("items").GetArrayLength());
        var small = new Attachments(crm.Database, TimeProvider.System, 1_000);
        Assert.Equal(AttachmentEnd.AllFull, (await small.Add("activity", await Note(), 1, "a.txt", "text/plain", new byte[1_000], DealsFixture.Cause())).End);
    }

    [Fact]
    public async Task Files_of_an_activity_with_somebody_who_is_erased_go_with_what_was_written()
    {
        var note = await crm.Make(RecordKinds.Activity, """{"type":"note","subject":"Met","customer":"u:filed"}""");
        Assert.Equal(HttpStatusCode.Created, (await Send(note, "passport.png", s_png)).Status);
        Assert.Equal(RecordRefusal.None, (await crm.Grains.Record(RecordKinds.Activity, note).Do("forget", "{}", null, DealsFixture.Cause())).Refusal);
        Assert.Empty((await crm.Ask("GET", Files(note))).Json.GetProperty("items").EnumerateArray());
    }

    private Task<string> Note() => crm.Make(RecordKinds.Activity, """{"type":"note","subject":"Files"}""");

    private static string Files(string note) => $"/api/v1/activities/{note}/attachments";

    private static string? Id(JsonElement attachment) => attachment.GetProperty("id").GetString();

    private async Task<(HttpStatusCode Status, JsonElement Body)> Send(string note, string name, byte[] content, string? key = null)
    {
        using var file = new ByteArrayContent(content);
        using var form = new MultipartFormDataContent { { file, "file" } };
        file.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = "file", FileNameStar = name };
        using var response = await Call("POST", Files(note), form, key);
        return (response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
    }

    private async Task<HttpResponseMessage> Call(string method, string path, HttpContent? content = null, string? key = null)
    {
        using var http = new HttpClient { BaseAddress = new Uri(crm.Address) };
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative)) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key ?? crm.AdminKey);
        return await http.SendAsync(request);
    }

    private async Task<string[]> Lines(string note)
    {
        await using var command = crm.Database.CreateCommand("SELECT array_agg(action ORDER BY id) FROM audit WHERE kind = 'activity' AND record = $1 AND action LIKE '%tach'");
        command.Parameters.AddWithValue(note);
        return (string[])(await command.ExecuteScalarAsync())!;
    }
}
