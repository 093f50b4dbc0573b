using System.Reflection;
using Crm.Clickstream;
using Crm.Customers;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Crm.Delivery;

/// <summary>A call on its way through an activation.</summary>
/// <param name="Run">Runs it on the grain and sends the answer.</param>
/// <param name="Fail">Sends an exception to the caller.</param>
/// <param name="Again">Sends the call anew, to whatever activation is there then.</param>
internal sealed record Request(string What, bool Interleaves, Func<object, Task> Run, Action<Exception> Fail, Action Again);

/// <summary>
/// The life of one activation by the rules of Orleans: calls wait until it is activated; one call at a time, but for those that
/// interleave; a deactivation waits for the calls that run, and what came meanwhile goes to the next activation.
/// </summary>
internal sealed partial class Activation
{
    private readonly World _world;
    private readonly ActivationScheduler _scheduler;
    private readonly List<Request> _waiting = [];
    private readonly List<Request> _running = [];
    private readonly bool _isReentrant;
    private Request? _blocking;
    private Life _life = Life.Activating;
    private int _ticks;
    private bool[] _ticking = [];

    private enum Life
    {
        Activating,
        Valid,
        Deactivating,
        Gone,
    }

    public Activation(World world, Silo silo, GrainId id, Func<Activation, IGrainBase> create)
    {
        (_world, Silo, GrainId) = (world, silo, id);
        _scheduler = new ActivationScheduler(world);
        Grain = create(this);
        _isReentrant = Grain.GetType().IsDefined(typeof(ReentrantAttribute));
        _scheduler.Start(Activate);
    }

    public Silo Silo { get; }

    public IGrainBase Grain { get; }

    public bool IsGone => _life == Life.Gone;

    public bool IsValid => _life == Life.Valid;

    public void Receive(Request request)
    {
        _waiting.Add(request);
        Pump();
    }

    /// <summary>Ends at once, without a word: as when its process is killed. Callers see their calls fail, later.</summary>
    public void Kill()
    {
        if (IsGone) return;
        _life = Life.Gone;
        _scheduler.Kill();
        if (Grain is CustomerGrain customer) Silo.Active.Left(customer);
        foreach (var request in (Request[])[.. _waiting, .. _running]) request.Fail(new TimeoutException("The silo is gone."));
        _world.Left(this);
    }

    /// <summary>Runs one of a partition's timers, unless it still runs.</summary>
    public void Tick(int timer)
    {
        if (_life != Life.Valid || Grain is not PartitionGrain partition) return;
        var timers = partition.Timers;
        if (_ticking.Length == 0) _ticking = new bool[timers.Length];
        if (_ticking[timer]) return;
        _ticking[timer] = true;
        _ticks++;
        _scheduler.Start(async () =>
        {
            try
            {
                await timers[timer].Work();
            }
            catch (Exception failure)
            {
                _world.Note($"tick {timer} of {GrainId} failed: {failure.GetType().Name}");
            }

            _ticking[timer] = false;
            _ticks--;
            FinishIfDone();
        });
    }

    /// <summary>Tells a customer to rest.</summary>
    public void Rest()
    {
        if (_life != Life.Valid || Grain is not CustomerGrain customer) return;
        _scheduler.Start(() =>
        {
            customer.Rest();
            return Task.CompletedTask;
        });
    }

    public void TickAll()
    {
        if (Grain is not PartitionGrain partition) return;
        for (var timer = 0; timer < partition.Timers.Length; timer++) Tick(timer);
    }

    private async Task Activate()
    {
        try
        {
            // A partition's timers are fired by the world.
            if (Grain is PartitionGrain partition) await partition.Load();
            else await Grain.OnActivateAsync(CancellationToken.None);
            if (_life == Life.Activating) _life = Life.Valid;
            Pump();
            FinishIfDone();
        }
        catch (Exception failure)
        {
            _life = Life.Gone;
            _world.Left(this);
            foreach (var request in _waiting) request.Fail(failure);
        }
    }

    private void Pump()
    {
        for (var i = 0; _life == Life.Valid && i < _waiting.Count;)
        {
            var request = _waiting[i];
            var interleaves = request.Interleaves || _isReentrant;
            if (_running.Count > 0 && !interleaves && _blocking is not null)
            {
                i++;
                continue;
            }

            _waiting.RemoveAt(i);
            _running.Add(request);
            if (!interleaves) _blocking ??= request;
            _scheduler.Start(() => Serve(request));
        }
    }

    private async Task Serve(Request request)
    {
        await request.Run(Grain);
        _running.Remove(request);
        if (_blocking == request) _blocking = null;
        Pump();
        FinishIfDone();
    }

    private void FinishIfDone()
    {
        if (_life != Life.Deactivating || _running.Count > 0 || _ticks > 0) return;
        _scheduler.Start(async () =>
        {
            if (IsGone) return;
            await Grain.OnDeactivateAsync(default, CancellationToken.None);
            _life = Life.Gone;
            _world.Left(this);
            foreach (var request in _waiting) request.Again();
        });
    }
}
