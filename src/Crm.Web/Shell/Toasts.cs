using MudBlazor;

namespace Crm.Shell;

/// <summary>What was done, and how to take it back.</summary>
public static class Toasts
{
    private const int ShownMs = 8_000;
    private const string Key = "done";

    /// <summary>Says it for some seconds; the newest alone can be taken back.</summary>
    /// <param name="undo">What the button says.</param>
    /// <param name="back">Null for what cannot be taken back.</param>
    public static void Done(this ISnackbar snackbar, string said, string undo, Func<Task>? back)
    {
        snackbar.RemoveByKey(Key);
        snackbar.Add(said, Severity.Normal, bar =>
        {
            bar.VisibleStateDuration = ShownMs;
            bar.RequireInteraction = false;
            if (back is null) return;
            bar.Action = undo;
            bar.OnClick = _ => back();
        }, Key);
    }
}
