using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Crm.Access;
using Crm.Deals;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Records;

/// <summary>How files come and go over HTTP, and with whom.</summary>
[Collection(DealsCollection.Name)]
public sealed class AttachmentHttpTests(DealsFixture crm)
{
    [Theory]
    [InlineData("filename=\"报价单.pdf\"", "报价单.pdf")]
    [InlineData("filename=\"a %22b%22.pdf\"", "a \"b\".pdf")]
    [InlineData("filename=\"a \\\"b\\\".pdf\"", "a \"b\".pdf")]
    [InlineData("filename=plain.pdf", "plain.pdf")]
    [InlineData("filename=\"x.exe\"; filename*=UTF-8''%E6%8A%A5%E4%BB%B7.pdf", "报价.pdf")]
    [InlineData("filename=\"a%0D%0Ab.pdf\"", null)]
    [InlineData("filename=\"..\\\\..\\\\a.pdf\"", null)]
    public async Task Names_come_as_browsers_and_curl_write_them(string said, string? name)
    {
        var (status, json) = await Post(await Note(), Form(("file", said, "%PDF-1.7"u8.ToArray())));
        Assert.Equal(name is null ? 422 : 201, status);
        if (name is not null) Assert.Equal(name, json.GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_form_has_one_file_beside_what_else_it_has()
    {
        var note = await Note();
        var file = ("file", "filename=a.txt", "one"u8.ToArray());
        Assert.Equal(201, (await Post(note, Form(("comment", "", "nothing"u8.ToArray()), file))).Status);
        var many = await Post(note, Form(file, ("file", "filename=b.txt", "two"u8.ToArray())));
        Assert.Equal((400, "There is more than one file."), (many.Status, many.Json.GetProperty("title").GetString()));
        Assert.Equal(400, (await Post(note, Form(("comment", "", "nothing"u8.ToArray())))).Status);
        Assert.Equal(400, (await Post(note, "--B\r\nContent-Disposition: form-data; name=file; filename=a.txt\r\n\r\nno end"u8.ToArray())).Status);
        Assert.Equal(1, (await crm.Ask("GET", Files(note))).Json.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Parts_are_read_and_what_somebody_has_is_not_sent_again()
    {
        var note = await Note();
        var content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 120_000).Select(n => $"{n:000000},")));
        var id = (await Post(note, Form(("file", "filename=numbers.csv", content)))).Json.GetProperty("id").GetString();
        string tag;
        using (var whole = await Get($"{Files(note)}/{id}"))
        {
            Assert.Equal(content, await whole.Content.ReadAsByteArrayAsync());
            Assert.Equal(content.Length, whole.Content.Headers.ContentLength);
            tag = whole.Headers.ETag!.Tag;
        }

        using (var part = await Get($"{Files(note)}/{id}", ("Range", "bytes=700007-700020")))
        {
            Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
            Assert.Equal("100001,100002,", await part.Content.ReadAsStringAsync());
        }

        using (var same = await Get($"{Files(note)}/{id}", ("If-None-Match", tag))) Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        using (var beyond = await Get($"{Files(note)}/{id}", ("Range", "bytes=9000000-"))) Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, beyond.StatusCode);
    }

    [Fact]
    public async Task A_body_without_an_end_is_read_no_further_than_a_file_may_go()
    {
        using var http = new HttpClient { BaseAddress = new Uri(crm.Address) };
        var endless = new Endless();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Files(await Note()), UriKind.Relative)) { Content = endless };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", crm.AdminKey);
        request.Headers.TransferEncodingChunked = true;
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        }
        catch (HttpRequestException)
        {
            // The connection was closed while it was still sending.
        }

        // What the API may read, and what waits in the system's buffers between.
        Assert.InRange(endless.Sent, 1, Attachments.MaxBytes + (30L << 20));
    }

    [Fact]
    public async Task An_Idempotency_Key_is_for_one_file_whatever_its_form_looks_like()
    {
        var note = await Note();
        (string, string, byte[]) one = ("file", "filename=a.txt", "one"u8.ToArray()), other = ("file", "filename=a.txt", "two"u8.ToArray());
        var first = await Post(note, Form(one), "K1", "AAA");
        var again = await Post(note, Form("BBB", one), "K1", "BBB");
        Assert.Equal((201, 201, first.Json.GetProperty("id").GetString()), (first.Status, again.Status, again.Json.GetProperty("id").GetString()));
        Assert.Equal(422, (await Post(note, Form(other), "K1", "AAA")).Status);
        Assert.Equal(201, (await Post(note, Form(other), "K2", "AAA")).Status);
        Assert.Equal(2, (await crm.Ask("GET", Files(note))).Json.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Files_go_with_who_is_erased_and_the_audit_does_not_name_them()
    {
        var (user, secret) = ("u:" + Guid.NewGuid().ToString("N"), "passport-" + Guid.NewGuid().ToString("N"));
        var position = await crm.Happens("track", $$"""{"userId":"{{user[2..]}}","event":"Looked"}""");
        Assert.Equal(200, (await crm.Ask("GET", $"/v1/customers/{user}?minPosition={position}")).Status);
        var (deal, trashed) = (await crm.Make("deal", $$"""{"name":"Theirs","customers":["{{user}}"]}"""), await Note($$""","customer":"{{user}}" """));
        Assert.Equal(201, (await Post(deal, Form(("file", $"filename={secret}.txt", "one"u8.ToArray())), plural: "deals")).Status);
        Assert.Equal(201, (await Post(trashed, Form(("file", $"filename={secret}.txt", "one"u8.ToArray())))).Status);
        Assert.Equal(204, (await crm.Ask("DELETE", "/api/v1/activities/" + trashed)).Status);

        Assert.True((await crm.Ask("DELETE", $"/v1/customers/{user}")).Status is 200 or 201 or 202);
        await Eventually.True(async () => await crm.Database.Ask<long>($"SELECT count(*) FROM attachment WHERE record IN ('{deal}', '{trashed}')") == 0, "the files are gone", TimeSpan.FromSeconds(60));
        await Eventually.True(async () => await crm.Database.Ask<long>($"SELECT count(*) FROM audit WHERE changes::text LIKE '%{secret}%'") == 0, "nor does the audit say it", TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task What_was_decided_for_a_record_that_changed_is_not_done()
    {
        var files = new Attachments(crm.Database, TimeProvider.System, 1L << 30);
        var note = await Note(""","customer":"u:somebody" """);
        var (_, kept) = await files.Add("activity", note, 1, "a.txt", "text/plain", "one"u8.ToArray(), DealsFixture.Cause());
        Assert.Equal(200, (await crm.Ask("PATCH", "/api/v1/activities/" + note, """{"subject":"Changed"}""")).Status);
        Assert.Equal(AttachmentEnd.Stale, (await files.Add("activity", note, 1, "b.txt", "text/plain", "two"u8.ToArray(), DealsFixture.Cause())).End);
        Assert.Equal(AttachmentEnd.Stale, await files.Delete("activity", note, 1, kept!.Id, DealsFixture.Cause()));

        // An upload that has written its file and not yet ended, and meanwhile the record forgets: nothing of it may stay.
        await using var connection = await crm.Database.OpenConnectionAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await Do("INSERT INTO attachment SELECT 'at_late' || id, kind, record, 'late.txt', media_type, size, sha256, created_at, created_by, content FROM attachment WHERE record = '" + note + "'");
            await Do($"SELECT record_version FROM activity WHERE id = '{note}' FOR SHARE");
            var forgetting = crm.Grains.Record(RecordKinds.Activity, note).Do("forget", "{}", null, DealsFixture.Cause());
            await Eventually.True(async () => await crm.Database.Ask<long>("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%UPDATE activity%'") > 0, "it waits for the row");
            await transaction.CommitAsync();
            Assert.Equal(RecordRefusal.None, (await forgetting).Refusal);
        }

        Assert.Equal(0, await crm.Database.Ask<long>($"SELECT count(*) FROM attachment WHERE record = '{note}'"));

        async Task Do(string sql)
        {
            await using var command = new Npgsql.NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    private Task<string> Note(string more = "") => crm.Make(RecordKinds.Activity, $$"""{"type":"note","subject":"Files"{{more}}}""");

    private static string Files(string record, string plural = "activities") => $"/api/v1/{plural}/{record}/attachments";

    private static byte[] Form(params (string Name, string Said, byte[] Content)[] parts) => Form("AAA", parts);

    private static byte[] Form(string boundary, params (string Name, string Said, byte[] Content)[] parts) =>
    [
        .. parts.SelectMany(p => (byte[])[.. Encoding.UTF8.GetBytes($"--{boundary}\r\nContent-Disposition: form-data; name={p.Name}; {p.Said}".TrimEnd(' ', ';') + "\r\n\r\n"), .. p.Content, .. "\r\n"u8]),
        .. Encoding.UTF8.GetBytes($"--{boundary}--\r\n"),
    ];

    private async Task<(int Status, JsonElement Json)> Post(string record, byte[] form, string? key = null, string boundary = "AAA", string plural = "activities")
    {
        using var http = new HttpClient { BaseAddress = new Uri(crm.Address) };
        using var content = new ByteArrayContent(form);
        content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=" + (form.AsSpan().StartsWith("--B\r"u8) ? "B" : boundary));
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Files(record, plural), UriKind.Relative)) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", crm.AdminKey);
        if (key is not null) request.Headers.Add("Idempotency-Key", key + record);
        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
    }

    private async Task<HttpResponseMessage> Get(string path, params (string Name, string Value)[] headers)
    {
        using var http = new HttpClient { BaseAddress = new Uri(crm.Address) };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", crm.AdminKey);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await http.SendAsync(request);
    }

    /// <summary>A form whose file goes on until the other side has had enough: 200 MB at most.</summary>
    private sealed class Endless : HttpContent
    {
        private const long Most = 200L << 20;

        public Endless() => Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=AAA");

        public long Sent { get; private set; }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync("--AAA\r\nContent-Disposition: form-data; name=file; filename=a.txt\r\n\r\n"u8.ToArray());
            var piece = new byte[64 * 1024];
            Array.Fill(piece, (byte)'a');
            for (; Sent < Most; Sent += piece.Length) await stream.WriteAsync(piece);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
