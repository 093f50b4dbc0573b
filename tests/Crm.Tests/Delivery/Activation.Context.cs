using Orleans.Runtime;

namespace Crm.Delivery;

/// <summary>What a grain sees of its activation: its id, and the way to end itself.</summary>
internal sealed partial class Activation : IGrainContext
{
    public GrainId GrainId { get; }

    public object? GrainInstance => Grain;

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        if (_life is Life.Deactivating or Life.Gone) return;
        _world.Note($"{GrainId} deactivates: {deactivationReason.Description}");
        _life = Life.Deactivating;
        FinishIfDone();
    }

    public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);

    public GrainReference GrainReference => throw new NotSupportedException();

    public ActivationId ActivationId => throw new NotSupportedException();

    public GrainAddress Address => throw new NotSupportedException();

    public IServiceProvider ActivationServices => throw new NotSupportedException();

    public IGrainLifecycle ObservableLifecycle => throw new NotSupportedException();

    public IWorkItemScheduler Scheduler => throw new NotSupportedException();

    public Task Deactivated => throw new NotSupportedException();

    public void SetComponent<TComponent>(TComponent? value)
        where TComponent : class => throw new NotSupportedException();

    public void ReceiveMessage(object message) => throw new NotSupportedException();

    public void Activate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public void Rehydrate(IRehydrationContext context) => throw new NotSupportedException();

    public void Migrate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public object? GetTarget() => Grain;

    public object? GetComponent(Type componentType) => null;
}
