using MudBlazor;

namespace Crm.Theme;

/// <summary>How everything looks: calm surfaces, one accent, dense text. Contrast of text is at least 4.5 to 1 in both.</summary>
public static class CrmTheme
{
    private static readonly string[] s_font = ["Inter", "system-ui", "-apple-system", "Segoe UI", "Roboto", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"];

    public static MudTheme Theme { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#3346b8", PrimaryContrastText = "#ffffff", Secondary = "#0b6e66", SecondaryContrastText = "#ffffff", Tertiary = "#7a3e9d",
            Info = "#1d5f99", Success = "#1c6b3a", Warning = "#8a5200", Error = "#b3261e", ErrorContrastText = "#ffffff",
            Background = "#f6f7fa", BackgroundGray = "#eef0f5", Surface = "#ffffff", AppbarBackground = "#ffffff", AppbarText = "#1b1f2b",
            DrawerBackground = "#ffffff", DrawerText = "#3b4152", DrawerIcon = "#5a6175",
            TextPrimary = "#1b1f2b", TextSecondary = "#565d70", TextDisabled = "#70778a", ActionDefault = "#565d70", ActionDisabled = "#8a90a0",
            Divider = "#e3e6ee", DividerLight = "#eef0f5", LinesDefault = "#dfe3ec", LinesInputs = "#8a91a5", TableLines = "#e8ebf2", TableHover = "#f2f4fa",
            OverlayDark = "rgba(20,24,36,0.45)",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#a9b6ff", PrimaryContrastText = "#141a3a", Secondary = "#6fd3c7", SecondaryContrastText = "#05302c", Tertiary = "#d5aaf0",
            Info = "#8ec5f5", InfoContrastText = "#08263e", Success = "#7fd69d", SuccessContrastText = "#06301a", Warning = "#f0bd72", WarningContrastText = "#3a2300",
            Error = "#ffb4ab", ErrorContrastText = "#4a0b07",
            Background = "#10131b", BackgroundGray = "#161a24", Surface = "#181c27", AppbarBackground = "#181c27", AppbarText = "#e8eaf2",
            DrawerBackground = "#181c27", DrawerText = "#c9cddb", DrawerIcon = "#a3a9bb",
            TextPrimary = "#e8eaf2", TextSecondary = "#b0b6c8", TextDisabled = "#8b92a6", ActionDefault = "#b0b6c8", ActionDisabled = "#70778c",
            Divider = "#2a3040", DividerLight = "#222736", LinesDefault = "#2d3344", LinesInputs = "#7a8298", TableLines = "#262b3a", TableHover = "#202534",
            OverlayDark = "rgba(0,0,0,0.6)",
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px" },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = s_font, FontSize = "0.875rem", LineHeight = "1.45" },
            Button = new ButtonTypography { FontFamily = s_font, FontSize = "0.8125rem", FontWeight = "600", TextTransform = "none" },
        },
    };
}
