// Process 1 of an agent's namespace: a few lines of Perl that take orders, reap what is left, and tell how the agent ended.
import { constants } from 'node:os';
import type { Exit } from './launch.ts';
import { OOM_SCORE } from './rank.ts';

/**
 * What it can be told, one word a line. INT goes to the agent alone, which ends its own children; a frozen one must run
 * to hear it. The others go to everything inside.
 */
export type Order = 'INT' | 'TERM' | 'STOP' | 'CONT';

/**
 * Perl, because it starts in two milliseconds, is there on every common Linux, and knows signals exactly; Node as
 * process 1 would cost ten times that at every turn. Its orders come over a socket (descriptor 3, which the agent does
 * not get) and not as signals, because two of those that wait are not delivered in the order they were sent. The socket's
 * end is the harness's end, and so its own. How the agent ended goes back the same way: `exit 137` and a kill differ.
 * Its first word is its niceness, the others are the agent.
 */
export const INIT_PROGRAM = String.raw`
use strict;
open(my $line, '+<&=', 3) or die "init: no socket: $!\n";
sub say_back { syswrite($line, "$_[0]\n") }
if (open(my $score, '>', '/proc/self/oom_score_adj')) { print $score ${OOM_SCORE}; close $score }
setpriority(0, 0, shift);
pipe(my $died, my $dead);
my $woken = 0;
$SIG{CHLD} = sub { syswrite($dead, '.') unless $woken++ };
# A pipe that the exec closes: what comes out of it is why there was none.
pipe(my $reader, my $writer);
my $agent = fork();
if (!defined $agent) { say_back('failed ' . ($!+0)); exit 127 }
if ($agent == 0) {
  close $line;
  exec { $ARGV[0] } @ARGV;
  syswrite($writer, $!+0);
  exit 127;
}
close $writer;
my $errno = '';
until (defined sysread($reader, $errno, 16)) { last unless $!{EINTR} }
if ($errno) { say_back("failed $errno"); exit 127 }
say_back('ready');
sub obey {
  my ($order) = @_;
  if ($order eq 'INT') { kill 'INT', $agent; kill 'CONT', -1 }
  elsif ($order eq 'TERM') { kill 'TERM', -1; kill 'CONT', -1 }
  else { kill $order, -1 }
}
my ($how, $orders) = (undef, '');
until (defined $how) {
  my $ready = '';
  vec($ready, fileno($_), 1) = 1 for $line, $died;
  # Not for ever: Perl runs a handler between two steps of its own, and a death just before the wait wakes nobody.
  next if select($ready, undef, undef, 1) <= 0;
  if (vec($ready, fileno($died), 1)) {
    sysread($died, my $dots, 64);
    $woken = 0;
    while ((my $pid = waitpid(-1, 1)) > 0) { $how = $? if $pid == $agent }
  }
  if (vec($ready, fileno($line), 1)) {
    my $bytes = sysread($line, $orders, 256, length $orders);
    exit 0 if defined $bytes && $bytes == 0;
    obey($1) while $orders =~ s/^(\w+)\n//;
  }
}
say_back($how & 127 ? 'signal ' . ($how & 127) : 'exit ' . ($how >> 8));
exit($how & 127 ? 128 + ($how & 127) : $how >> 8);
`;

/** Does the agent run (or has it run)? False while nothing is known. */
export function isReady(status: string): boolean {
  return status.startsWith('ready\n');
}

/** Why the program could not be executed, as the system calls it, like ENOENT; null when that is not known. */
export function execErrorOf(status: string): string | null {
  const errno = Number(/^failed (\d+)$/m.exec(status)?.[1] ?? Number.NaN);
  return Object.entries(constants.errno).find(([, known]) => known === errno)?.[0] ?? null;
}

/** What stands on descriptor 3 once the agent has ended; null when the init itself was killed. */
export function exitOf(status: string): Exit | null {
  const match = /^(exit|signal) (\d+)$/m.exec(status);
  if (match === null) return null;
  const number = Number(match[2]);
  return match[1] === 'exit' ? { code: number, signal: null } : { code: null, signal: signalName(number) };
}

function signalName(number: number): string {
  return Object.entries(SIGNALS).find(([, known]) => known === number)?.[0] ?? `SIG${number}`;
}

const SIGNALS: Readonly<Record<string, number>> = constants.signals;
