using Xunit;

namespace Crm.Records;

/// <summary>What becomes of other people's HTML.</summary>
public sealed class HtmlTextTests
{
    private const int Max = 200_000;

    private static readonly string[] s_never =
    [
        "script", "onerror", "onload", "onclick", "javascript:", "vbscript:", "url(", "expression", "@import", "http-equiv", "<meta", "<iframe", "<form", "<input", "<svg", "<math", "<style",
        "<link", "<base", "<object", "<embed", "<video", "srcset", "background=", "position", "formaction", " src=\"http", "\\", "alert",
    ];

    [Theory]
    [InlineData("<p>Hi<script>alert(1)</script></p>", "<p>Hi</p>")]
    [InlineData("<img src=x onerror=alert(1)>", "<img>")]
    [InlineData("<a href=\"javascript:alert(1)\">go</a>", "<a>go</a>")]
    [InlineData("<a href=\" JaVa\tScRiPt:alert(1)\">go</a>", "<a>go</a>")]
    [InlineData("<a href=\"&#106;avascript&colon;alert(1)\">go</a>", "<a>go</a>")]
    [InlineData("<a href=\"data:text/html,<script>alert(1)</script>\">go</a>", "<a>go</a>")]
    [InlineData("<a href=\"/relative\">go</a>", "<a>go</a>")]
    [InlineData("<p style=\"background:url(https://t.example/x.gif)\">a</p>", "<p style=\"background-color: initial\">a</p>")]
    [InlineData("<p style=\"background:\\75rl(https://t.example/x.gif)\">a</p>", "<p style=\"background-color: initial\">a</p>")]
    [InlineData("<p style=\"background-color:image-set('https://t.example/x.gif' 1x)\">a</p>", "<p>a</p>")]
    [InlineData("<p style=\"width:expression(alert(1))\">a</p>", "<p>a</p>")]
    [InlineData("<p style=\"position:fixed;top:0\">a</p>", "<p>a</p>")]
    [InlineData("<p style=\"margin-top:-5000px\">a</p>", "<p>a</p>")]
    [InlineData("<style>@import url(https://t.example/x.css)</style><p>a</p>", "<p>a</p>")]
    [InlineData("<meta http-equiv=refresh content=\"0;url=https://t.example\"><p>a</p>", "<p>a</p>")]
    [InlineData("<link rel=stylesheet href=https://t.example/x.css><base href=https://t.example/><p>a</p>", "<p>a</p>")]
    [InlineData("<img src=\"https://t.example/pixel.gif?id=7\" width=1>", "<img width=\"1\" data-src=\"https://t.example/pixel.gif?id=7\">")]
    [InlineData("<img src=\"//t.example/pixel.gif\">", "<img>")]
    [InlineData("<img srcset=\"https://t.example/x.gif 1x\">", "<img>")]
    [InlineData("<img data-src=\"javascript:alert(1)\">", "<img>")]
    [InlineData("<p data-src=\"https://t.example/x\">a</p>", "<p>a</p>")]
    [InlineData("<img src=\"data:image/svg+xml;base64,PHN2Zz4=\">", "<img>")]
    [InlineData("<table background=https://t.example/x.gif><tr><td background=https://t.example/x.gif>a</td></tr></table>", "<table><tbody><tr><td>a</td></tr></tbody></table>")]
    [InlineData("<svg><a href=\"javascript:alert(1)\"><text>go</text></a></svg>b", "b")]
    [InlineData("<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table></mtext></math>b", "b")]
    [InlineData("<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></p></noscript>b", "b")]
    [InlineData("<form action=https://t.example><input name=a><button formaction=javascript:alert(1)>go</button>text</form>", "text")]
    [InlineData("<iframe srcdoc=\"<script>alert(1)</script>\"></iframe><object data=x></object><embed src=x>b", "b")]
    [InlineData("<video poster=https://t.example/x src=x></video><audio src=x></audio>b", "b")]
    [InlineData("<p id=location name=cookie class=x>a</p>", "<p>a</p>")]
    [InlineData("<template><img src=x onerror=alert(1)></template><xmp><img src=x onerror=alert(1)></xmp>b", "b")]
    [InlineData("<!--[if mso]><script>alert(1)</script><![endif]-->b", "b")]
    [InlineData("<a href=\"https://t.example\" ping=\"https://t.example/p\" target=_self>go</a>", "<a href=\"https://t.example\" rel=\"noopener noreferrer nofollow\">go</a>")]
    public void What_runs_or_loads_or_hides_goes(string html, string clean)
    {
        Assert.Equal(clean, HtmlText.Clean(html, Max, out var wrong));
        Assert.Null(wrong);
        Assert.All(s_never, never => Assert.DoesNotContain(never, clean, StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("<h1>标题</h1><p>你好 <b>王</b> &amp; Co &lt;x&gt;</p>")]
    [InlineData("<table border=\"1\"><tbody><tr><td colspan=\"2\" align=\"right\">a</td></tr></tbody></table>")]
    [InlineData("<ul><li>a</li></ul><blockquote>b</blockquote><pre>c\n d</pre>")]
    [InlineData("<img src=\"cid:logo@example.org\" alt=\"Logo\"><img src=\"data:image/png;base64,iVBORw0KGgo=\">")]
    [InlineData("<a href=\"mailto:ada@example.org\" rel=\"noopener noreferrer nofollow\">Ada</a>")]
    [InlineData("<p dir=\"rtl\" lang=\"ar\" style=\"text-align: center; font-weight: bold\">a</p>")]
    public void What_gives_text_its_form_stays(string html) => Assert.Equal(html, HtmlText.Clean(html, Max, out _));

    [Fact]
    public void A_whole_mail_keeps_its_text_and_its_form()
    {
        var clean = HtmlText.Clean(
            "<!DOCTYPE html><html><head><title>No</title><style>p{color:red}</style></head><body bgcolor=red><center><o:p>Dear <font color=#ff0000>Ada</font></o:p></center></body></html>", Max, out _);
        Assert.Equal("<center>Dear <font color=\"#ff0000\">Ada</font></center>", clean);
    }

    [Theory]
    [InlineData("<p>a</p><img src=https://t.example/x.gif><a href=https://t.example style='color:red'>b</a>")]
    [InlineData("<p>1 &lt; 2 &amp;&amp; 3 > 2</p>")]
    public void What_is_harmless_is_not_changed_again(string html)
    {
        var once = HtmlText.Clean(html, Max, out _)!;
        Assert.Equal(once, HtmlText.Clean(once, Max, out _));
    }

    [Fact]
    public void Depth_and_number_are_bounded_whatever_comes()
    {
        var deep = HtmlText.Clean(string.Concat(Enumerable.Repeat("<div>", 5_000)) + "bottom", Max, out _)!;
        Assert.Contains("bottom", deep, StringComparison.Ordinal);
        Assert.Equal("bottom", HtmlText.Plain(deep, Max));

        Assert.Null(HtmlText.Clean(string.Concat(Enumerable.Repeat("<b>", 60_000)), Max, out var wrong));
        Assert.Contains("elements", wrong, StringComparison.Ordinal);

        // Each paragraph opens all the marks again that were left open: as many as there are, times as many.
        var marks = "<p>" + string.Concat(Enumerable.Range(0, 3_000).Select(n => $"<b id=b{n}>")) + "</p>" + string.Concat(Enumerable.Repeat("<p>x</p>", 5_000));
        Assert.Null(HtmlText.Clean(marks, Max, out wrong));
        Assert.Contains("elements", wrong, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<p style=\"", "color:red;", "\">a</p>")]
    [InlineData("<p style=\"", "border:1px solid rgb(1,2,3);", "\">a</p>")]
    [InlineData("<p style=\"color:", "calc(", "\">a</p>")]
    [InlineData("<p ", "align=left ", ">a</p>")]
    [InlineData("<img src=\"data:image/png;base64,", "AAAA", "!\">a")]
    [InlineData("<table>", "<td><b id=x>", "</table>a")]
    [InlineData("", "</p>", "a")]
    [InlineData("<!--", "<!-- -->", "a")]
    [InlineData("", "&amp;&lt;", "a")]
    public void What_is_long_in_an_unusual_way_is_read_too(string begin, string again, string end)
    {
        var html = begin + string.Concat(Enumerable.Repeat(again, (Max - 1_000) / again.Length)) + end;
        var clean = HtmlText.Clean(html, Max, out var wrong);
        Assert.True(clean is null ? wrong is not null : clean.Contains('a', StringComparison.Ordinal));
    }

    [Fact]
    public void The_longest_mail_has_room_and_what_grows_beyond_twice_of_it_has_not()
    {
        Assert.Equal(Max, HtmlText.Clean(new string('a', Max), Max, out _)!.Length);
        Assert.Null(HtmlText.Clean(new string('&', Max), Max, out var wrong));
        Assert.Contains("Written out", wrong, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<p>Dear&nbsp;Ada,</p><p>we\n  take   <b>it</b>.<br>Bye</p>", "Dear\u00A0Ada,\nwe take it.\nBye")]
    [InlineData("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc")]
    [InlineData("<pre>a\n  b</pre>", "a\n  b")]
    [InlineData("<img src=\"cid:x\">", "")]
    public void Its_text_has_lines_as_it_is_read(string html, string text) => Assert.Equal(text, HtmlText.Plain(html, Max));

    [Fact]
    public void Text_is_cut_between_characters() => Assert.Equal("ab", HtmlText.Plain("ab😀", 3));
}
