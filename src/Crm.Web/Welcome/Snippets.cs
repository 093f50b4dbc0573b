namespace Crm.Welcome;

/// <summary>What stands in a shop's pages so that its visitors are known here.</summary>
public static class Snippets
{
    /// <summary>Loads the tracker, which tells of page views by itself.</summary>
    /// <param name="address">Where this API is, with the slash at its end.</param>
    /// <param name="key">A write key.</param>
    public static string Tracker(string address, string key) => $$"""
        <script type="module">
          import { load } from '{{address}}crm.js';
          load('{{key}}');
        </script>
        """;
}
