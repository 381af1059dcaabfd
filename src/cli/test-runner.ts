// `test_runner`: the seed's own command, with exactly its flags; the same as `mega-test run` with them.
import { Command } from 'commander';
import { exitCodeOf } from './main.ts';
import { run } from './run.ts';

export async function testRunner(argv: readonly string[]): Promise<void> {
  let code = 0;
  const program = new Command('test_runner')
    .description('Runs a mega test; "mega-test run --help" has all flags.')
    .option('--project <type>', 'task_queue, database or microservices')
    .option('--duration <hours>', 'length in hours')
    .option('--agents <count>', 'number of agents')
    .option('--checkpoint-interval <minutes>', 'minutes between checkpoints')
    .option('--session-id <id>', 'name of the session')
    .addHelpText(
      'after',
      '\nExample:\n  test_runner --project database --duration 8 --agents 8 --checkpoint-interval 15 --session-id my-test-001',
    )
    .exitOverride()
    .action(async (flags) => {
      code = await run(flags);
    });
  const failed = await exitCodeOf(() => program.parseAsync([...argv], { from: 'user' }));
  process.exitCode = failed === 0 ? code : failed;
}
