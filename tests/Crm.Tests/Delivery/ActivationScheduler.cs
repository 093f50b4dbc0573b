namespace Crm.Delivery;

/// <summary>
/// Runs the turns of one activation, one at a time, on the world's only thread. When its activation is killed, what is left of
/// its turns never runs: like the memory of a dead process, it is simply gone.
/// </summary>
internal sealed class ActivationScheduler(World world) : TaskScheduler
{
    private bool _isDead;

    public void Kill() => _isDead = true;

    /// <summary>Starts a turn.</summary>
    public void Start(Func<Task> turn) =>
        Task.Factory.StartNew(turn, CancellationToken.None, TaskCreationOptions.None, this);

    public void Execute(Task task)
    {
        if (!_isDead) TryExecuteTask(task);
    }

    protected override void QueueTask(Task task)
    {
        if (!_isDead) world.Ready(this, task);
    }

    // As Orleans does: only a turn of the same activation may go on in place.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && !_isDead && Current == this && TryExecuteTask(task);

    protected override IEnumerable<Task>? GetScheduledTasks() => null;
}
