using System.Text;
using System.Text.RegularExpressions;
using AngleSharp;
using AngleSharp.Css;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Ganss.Xss;

namespace Crm.Records;

/// <summary>
/// HTML of others, such as mails, made harmless: what gives text its form stays; what runs, loads, sends, or lies over other things does not,
/// so nobody learns that it was read. The address of a picture elsewhere stays as <c>data-src</c>, for who wants to see it.
/// </summary>
internal static partial class HtmlText
{
    /// <summary>Elements of one text: more than any mail has, and what costs some tenths of a second.</summary>
    public const int MaxElements = 10_000;

    /// <summary>Elements within each other; what is deeper is put beside.</summary>
    private const int MaxDepth = 256;

    private const string Kept = "data-src";
    private const string Relation = "noopener noreferrer nofollow";

    private static readonly HashSet<string> s_tags = Names(
        "a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del details dfn dir div dl dt em figcaption figure font "
        + "footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd label li main mark menu nav ol p pre q rp rt ruby s samp section small span strike strong sub summary "
        + "sup table tbody td tfoot th thead time tr tt u ul var wbr");

    // What is in them is nothing to read; of other elements that go it stays.
    private static readonly HashSet<string> s_gone = Names(
        "applet audio button canvas datalist embed frame frameset head iframe input link map math meta noembed noframes noscript object optgroup option param plaintext "
        + "script select style svg template textarea title video xml xmp");

    private static readonly HashSet<string> s_blocks = Names(
        "address article aside blockquote caption center dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main menu nav ol p pre section "
        + "summary table tr ul");

    private static readonly IElementFactory<Document, HtmlElement> s_elements = Configuration.Default.Services.OfType<IElementFactory<Document, HtmlElement>>().Single();
    private static readonly HtmlSanitizer s_sanitizer = Sanitizer();

    /// <summary>Makes it harmless; null and what is wrong when it cannot be used.</summary>
    public static string? Clean(string html, int max, out string? wrong)
    {
        wrong = null;
        try
        {
            var clean = s_sanitizer.Sanitize(html);

            // What was left out in writing it is written out.
            if (clean.Length <= 2 * max) return clean;
            wrong = $"Written out it holds more than {2 * max} characters.";
        }
        catch (TooManyElementsException)
        {
            wrong = $"It has more than {MaxElements} elements.";
        }

        return null;
    }

    /// <summary>What of it is text, cut at a length.</summary>
    public static string Plain(string html, int max)
    {
        using var document = Parser().ParseDocument("<!doctype html><html><body>" + html);
        var text = new StringBuilder();
        Tell(document.Body!, text, false);
        var plain = text.ToString().Trim();
        return plain.Length <= max ? plain : plain[..(char.IsHighSurrogate(plain[max - 1]) ? max - 1 : max)];
    }

    private static HtmlSanitizer Sanitizer()
    {
        var sanitizer = new HtmlSanitizer(new HtmlSanitizerOptions
        {
            AllowedTags = s_tags,
            AllowedAttributes = Names(
                "abbr align alt bgcolor border cellpadding cellspacing clear color cols colspan datetime dir face height href hspace lang nowrap open reversed rowspan rows "
                + "rules scope size span src start style summary title type valign value vspace width " + Kept),
            AllowedCssProperties = Names(
                "background-color border border-bottom border-bottom-color border-bottom-style border-bottom-width border-collapse border-color border-left border-left-color "
                + "border-left-style border-left-width border-radius border-right border-right-color border-right-style border-right-width border-spacing border-style "
                + "border-top border-top-color border-top-style border-top-width border-width caption-side clear color direction display float font-family font-size "
                + "font-style font-variant font-weight height letter-spacing line-height list-style-type margin margin-bottom margin-left margin-right margin-top max-height "
                + "max-width min-height min-width overflow padding padding-bottom padding-left padding-right padding-top table-layout text-align text-decoration text-indent "
                + "text-transform unicode-bidi vertical-align white-space width word-break word-spacing word-wrap"),
            AllowedSchemes = Names("http https mailto tel cid data"),
            UriAttributes = Names("href src"),
            UriListAttributes = Names(""),
            AllowedAtRules = new HashSet<AngleSharp.Css.Dom.CssRuleType>(),
        })
        {
            KeepChildNodes = true, DisallowCssPropertyValue = Calls(), HtmlParserFactory = Parser,
        };
        sanitizer.FilterUrl += (_, url) => url.SanitizedUrl = Address(url.Tag.LocalName, url.OriginalUrl.Trim());
        sanitizer.RemovingTag += (_, removing) =>
        {
            if (!s_gone.Contains(removing.Tag.LocalName)) return;
            removing.Tag.Remove();
            removing.Cancel = true;
        };
        sanitizer.RemovingAttribute += (_, removing) =>
        {
            if (removing is { Reason: RemoveReason.NotAllowedUrlValue, Attribute.Name: "src" } && IsElsewhere(removing.Attribute.Value))
                removing.Tag.SetAttribute(Kept, removing.Attribute.Value.Trim());
        };
        sanitizer.PostProcessNode += (_, processed) =>
        {
            if (processed.Node is not IElement element) return;
            if (element.GetAttribute(Kept) is { } address && (element.LocalName != "img" || !IsElsewhere(address))) element.RemoveAttribute(Kept);
            if (element.LocalName == "a" && element.HasAttribute("href")) element.SetAttribute("rel", Relation);
        };
        return sanitizer;
    }

    private static HtmlParser Parser()
    {
        var count = new ElementCount();
        var options = new HtmlParserOptions { MaximumDepth = MaxDepth, OnCreated = (element, _) => count.Say(element) };
        return new HtmlParser(options, BrowsingContext.New(Configuration.Default.WithCss().WithOnly<IElementFactory<Document, HtmlElement>>(count)));
    }

    // A link leads where it says; a picture is within the mail.
    private static string? Address(string element, string address) =>
        element == "img" ? IsWithin(address) ? address : null
        : IsElsewhere(address) || address.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase) || address.StartsWith("tel:", StringComparison.OrdinalIgnoreCase) ? address
        : null;

    private static bool IsWithin(string address) => address.StartsWith("cid:", StringComparison.OrdinalIgnoreCase) || Picture().IsMatch(address);

    private static bool IsElsewhere(string address) => Uri.TryCreate(address.Trim(), UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps);

    // No deeper than the parser lets elements be.
    private static void Tell(INode node, StringBuilder text, bool asItIs)
    {
        foreach (var child in node.ChildNodes)
        {
            if (child is IText said) Say(said.Data, text, asItIs);
            else if (child is IElement { LocalName: "br" }) text.Append('\n');
            else if (child is IElement element)
            {
                var isBlock = s_blocks.Contains(element.LocalName);
                if (isBlock) EndLine(text);
                Tell(element, text, asItIs || element.LocalName == "pre");
                if (isBlock) EndLine(text);
                else if (element.LocalName is "td" or "th") text.Append(' ');
            }
        }
    }

    private static void Say(string said, StringBuilder text, bool asItIs)
    {
        foreach (var sign in said)
        {
            if (asItIs || !char.IsWhiteSpace(sign) || sign == '\u00A0') text.Append(sign);
            else if (text.Length > 0 && !char.IsWhiteSpace(text[^1])) text.Append(' ');
        }
    }

    private static void EndLine(StringBuilder text)
    {
        while (text.Length > 0 && text[^1] is ' ') text.Length--;
        if (text.Length > 0 && text[^1] != '\n') text.Append('\n');
    }

    private static HashSet<string> Names(string names) => new(names.Split(' ', StringSplitOptions.RemoveEmptyEntries), StringComparer.OrdinalIgnoreCase);

    [GeneratedRegex("^data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\\s]*$", RegexOptions.IgnoreCase)]
    private static partial Regex Picture();

    // Any function but colours and sums may load something, now or in the next version of CSS; less than nothing lies over what is beside.
    [GeneratedRegex(@"[<>\\@]|(^|\s)-[\d.]|(?<!\b(rgb|rgba|hsl|hsla|calc))\(", RegexOptions.IgnoreCase)]
    private static partial Regex Calls();

    private sealed class TooManyElementsException : Exception;

    /// <summary>
    /// Stops the parser at too many elements. Marks that are left open are made again in each paragraph behind them, many times as many as
    /// stand in the text: the parser tells of those only whom it asks to make them.
    /// </summary>
    private sealed class ElementCount : IElementFactory<Document, HtmlElement>
    {
        private int _made;

        public HtmlElement Create(Document document, string localName, string? prefix, NodeFlags flags)
        {
            One();
            return s_elements.Create(document, localName, prefix, flags);
        }

        /// <summary>Counts an element that another factory made, such as one of a drawing.</summary>
        public void Say(IElement element)
        {
            if (element is not HtmlElement) One();
        }

        private void One()
        {
            if (++_made > MaxElements) throw new TooManyElementsException();
        }
    }
}
