using Crm.Bench;

IQuestion[] questions =
[
    new SustainedQuestion(), new BurstQuestion(), new LatencyQuestion(), new MemoryQuestion(), new StartQuestion(), new CatchUpQuestion(),
    new ProtocolsQuestion(), new DedupeQuestion(), new FloodQuestion(), new MergesQuestion(), new IdentifyStormQuestion(),
    new ListsQuestion(), new RecordsQuestion(), new PagesQuestion(), new SegmentsQuestion(),
    new CopyCeiling(), new GrainCeiling(), new PartsCeiling(), new HttpCeiling(),
];

if (args is ["echo-silo", var siloPort, var gatewayPort]) return await EchoSilo.Run(int.Parse(siloPort), int.Parse(gatewayPort));
if (args is ["echo-http", var httpPort]) return await EchoHttp.Run(int.Parse(httpPort));
if (args is ["kill", .. var how]) return await KillCommand.Run(how);
if (args.Length == 0 || (args[0] != "all" && questions.All(q => q.Name != args[0])))
{
    foreach (var question in questions) Console.Error.WriteLine($"{question.Name,-14} {question.Asks}");
    Console.Error.WriteLine($"{"kill",-14} Does every acknowledged event count once, whatever is killed? --target silo|api|postgres|one-of-two|all");
    return 2;
}

var options = new BenchOptions(args[1..]);
foreach (var question in questions.Where(q => args[0] == "all" || q.Name == args[0]))
{
    var report = new Report(options);
    report.Line($"# {question.Name}");
    report.Line();
    report.Line(question.Asks);
    report.Line();
    report.Machine();
    report.Line($"**Estimate.** {question.Estimate}");
    report.Line();
    await question.Run(options, report);
    report.Save(question.Name);
}

return 0;
