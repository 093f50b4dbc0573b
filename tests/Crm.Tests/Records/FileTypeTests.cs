using System.Text;
using Xunit;

namespace Crm.Records;

public sealed class FileTypeTests
{
    [Theory]
    [InlineData("offer.PDF", "%PDF-1.7", "application/pdf")]
    [InlineData("letter.docx", "PK\u0003\u0004 [Content_Types].xml word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")]
    [InlineData("sheet.xlsx", "PK\u0003\u0004 [Content_Types].xml xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")]
    [InlineData("text.odt", "PK\u0003\u0004\u0014\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\b\0\0\0mimetypeapplication/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text")]
    [InlineData("all.zip", "PK\u0003\u0004", "application/zip")]
    [InlineData("客户.csv", "名字;城市", "text/csv")]
    [InlineData("mail.eml", "Return-Path: <a@example.org>\r\n", "message/rfc822")]
    [InlineData("date.ics", "\uFEFFBEGIN:VCALENDAR", "text/calendar")]
    public void The_name_says_what_it_is_where_the_content_agrees(string name, string content, string mediaType)
    {
        Assert.Equal(mediaType, FileTypes.Of(name, Encoding.UTF8.GetBytes(content), out var wrong));
        Assert.Null(wrong);
    }

    [Fact]
    public void Text_may_be_of_any_encoding_that_it_tells()
    {
        Assert.Equal("text/csv", FileTypes.Of("a.csv", [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("a;b")], out _));
        Assert.Equal("text/plain", FileTypes.Of("a.txt", Encoding.Latin1.GetBytes("Müller"), out _));
        Assert.Null(FileTypes.Of("a.txt", Encoding.Unicode.GetBytes("a;b"), out _));
    }
}
