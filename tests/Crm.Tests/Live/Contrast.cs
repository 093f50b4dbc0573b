namespace Crm.Live;

/// <summary>The contrast of a page's text as it is painted, by the formula of WCAG 2 (relative luminance, success criterion 1.4.3 AA).</summary>
internal static class Contrast
{
    /// <summary>A script that answers the visible texts below 4.5:1, with their contrast.</summary>
    public const string Faint = """
        () => {
          const colour = text => { const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number); return { r, g, b, a }; };
          const over = (under, top) => ({ r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a), b: top.b * top.a + under.b * (1 - top.a), a: 1 });
          const linear = part => part / 255 <= .04045 ? part / 255 / 12.92 : ((part / 255 + .055) / 1.055) ** 2.4;
          const luminance = c => .2126 * linear(c.r) + .7152 * linear(c.g) + .0722 * linear(c.b);
          const backOf = element => colour(getComputedStyle(element).backgroundColor);
          const ground = element => {
            const layers = [];
            for (let e = element; e; e = e.parentElement) layers.unshift(backOf(e));
            const bar = element.closest('li')?.querySelector('.bar');
            if (bar) layers.push(backOf(bar));
            return layers.reduce(over, { r: 255, g: 255, b: 255, a: 1 });
          };
          const hasText = element => [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
          return [...document.body.querySelectorAll('*')]
            .filter(element => element.getClientRects().length && hasText(element))
            .map(element => {
              const back = ground(element);
              const [light, dark] = [luminance(back), luminance(over(back, colour(getComputedStyle(element).color)))].sort((a, b) => b - a);
              return { ratio: (light + .05) / (dark + .05), text: element.textContent.trim() };
            })
            .filter(seen => seen.ratio < 4.5)
            .map(seen => `${seen.ratio.toFixed(2)} ${seen.text}`);
        }
        """;
}
