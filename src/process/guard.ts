// Outlives us where no namespace does: a few lines of Perl that end our agents when the harness is gone.
import { MARKER } from '../host/processes.ts';
import { pipeTool } from '../host/tool.ts';

export interface Guard {
  /** A process group of ours from now on. */
  watch(group: number): void;
  /** It is ended; its number may become somebody else's. */
  forget(group: number): void;
  /** No longer needed: it looks a last time and ends. */
  release(): void;
}

/** Where the kernel ends everything with us. */
export const NO_GUARD: Guard = { watch: () => {}, forget: () => {}, release: () => {} };

/**
 * A session's processes are killed within 5 s after the pipe to us closes, by whatever: groups that were named, and all
 * that carry a marker with this beginning. In a session of its own, so that Ctrl+C at the terminal does not reach it.
 */
export function startGuard(markers: string, onLost: (said: string) => void): Guard {
  let released = false;
  const guard = pipeTool('perl', ['-e', PROGRAM, '--', `${MARKER}=${markers}`], {
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
    detached: true,
  });
  void guard.ended.then((said) => {
    if (!released) onLost(said);
  });
  return {
    watch: (group) => guard.stdin.write(`group ${group}\n`),
    forget: (group) => guard.stdin.write(`gone ${group}\n`),
    release: () => {
      released = true;
      guard.stdin.end();
    },
  };
}

const PROGRAM = String.raw`
use strict;
my ($needle) = @ARGV;
$SIG{$_} = 'IGNORE' for qw(INT TERM HUP QUIT);
my %groups;
while (my $line = <STDIN>) {
  if ($line =~ /^group (\d+)$/) { $groups{$1} = 1 }
  elsif ($line =~ /^gone (\d+)$/) { delete $groups{$1} }
}
sub alive_by_proc {
  my @found;
  for my $pid (map { m{/(\d+)$} ? $1 : () } glob('/proc/[0-9]*')) {
    next if $pid == $$;
    open(my $stat, '<', "/proc/$pid/stat") or next;
    my ($state, undef, $group) = split ' ', (<$stat> // '') =~ s/^.*\) //sr;
    next if !defined $group;
    my $thread = $pid;
    if ($state eq 'Z') {
      ($thread) = grep { $_ != $pid } map { m{/(\d+)$} ? $1 : () } glob("/proc/$pid/task/[0-9]*");
      next if !defined $thread;
    }
    if ($groups{$group}) { push @found, $pid; next }
    open(my $environment, '<', "/proc/$pid/task/$thread/environ") or next;
    local $/;
    push @found, $pid if index("\0" . (<$environment> // ''), "\0$needle") >= 0;
  }
  return @found;
}
sub alive_by_ps {
  my @found;
  for my $line (qx(ps -A -E -o pid=,pgid=,stat=,command= 2>/dev/null)) {
    my ($pid, $group, $state, $rest) = $line =~ /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/s or next;
    next if $pid == $$ || $state =~ /^Z/;
    push @found, $pid if $groups{$group} || index(" $rest", " $needle") >= 0;
  }
  return @found;
}
my $end = time + 5;
while (time <= $end) {
  my @found = -d '/proc/self' ? alive_by_proc() : alive_by_ps();
  last if !@found;
  kill 'KILL', @found;
  select undef, undef, undef, 0.02;
}
`;
