// A process of its own that takes a session's lock, says on standard output whether it got it, and holds it.
import { takeLock } from '../../src/store/lock.ts';

const lock = await takeLock(process.argv[2] ?? '');
process.stdout.write(lock === null ? 'refused\n' : 'held\n');
if (lock !== null) setInterval(() => undefined, 60_000);
