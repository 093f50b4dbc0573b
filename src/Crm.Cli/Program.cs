using Crm.CommandLine;

return await CommandRunner.Run(args);
