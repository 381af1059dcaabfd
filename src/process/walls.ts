// The command lines that put walls round a program: bubblewrap, or util-linux where that is not installed.
import { INIT_PROGRAM } from './init.ts';
import type { Scope } from './scope.ts';

const KERNEL_FILES = ['sys', 'sysrq-trigger', 'irq', 'bus'];

function init(argv: readonly string[], { niceness }: Pick<Scope, 'niceness'>): readonly string[] {
  return ['perl', '-e', INIT_PROGRAM, '--', String(niceness), ...argv];
}

/** A new network namespace has a loopback that is down; tests that listen on 127.0.0.1 need it up. */
const LOOPBACK_UP = String.raw`
socket(my $any, 2, 2, 0) or die "walls: socket: $!\n";
my $request = pack('a16 s x14', 'lo', 0x41);
ioctl($any, 0x8914, $request) or die "walls: loopback: $!\n";
close $any;
`;

/** Only a process namespace: dies with us, daemons and all; the files are those of everybody. */
export function processWalls(
  argv: readonly string[],
  isRoot: boolean,
  scope: Pick<Scope, 'network' | 'niceness'>,
): readonly string[] {
  const user = isRoot ? [] : ['--user', '--map-current-user'];
  // Bringing the loopback up takes a right that only root keeps in its new namespace.
  const closed = isRoot && scope.network === 'closed';
  const net = closed ? ['--net'] : [];
  const up = closed ? ['perl', '-e', `${LOOPBACK_UP}exec @ARGV or die "walls: $!\\n";`, '--'] : [];
  const unshare = ['unshare', ...user, ...net, '--pid', '--fork', '--kill-child=KILL', '--mount-proc'];
  return ['setpriv', '--pdeathsig', 'KILL', '--', ...unshare, '--', ...up, ...init(argv, scope)];
}

/** Mounts and processes, by bubblewrap. */
export function bubblewrap(argv: readonly string[], scope: Scope): readonly string[] {
  const args = ['--die-with-parent', '--unshare-pid', '--unshare-ipc', '--as-pid-1', '--cap-drop', 'ALL'];
  if (scope.network === 'closed') args.push('--unshare-net');
  args.push('--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc');
  // Root needs no capability to write the kernel's settings, only a file that can be written.
  for (const name of KERNEL_FILES) args.push('--ro-bind-try', `/proc/${name}`, `/proc/${name}`);
  args.push('--bind', scope.temporary, '/tmp');
  for (const path of scope.tools) args.push('--ro-bind', path, path);
  args.push('--tmpfs', scope.hidden);
  for (const path of scope.readable) args.push('--ro-bind', path, path);
  for (const path of scope.writable) args.push('--bind', path, path);
  for (const path of scope.blocked) args.push('--ro-bind', '/dev/null', path);
  return ['bwrap', ...args, '--remount-ro', scope.hidden, '--chdir', scope.cwd, '--', ...init(argv, scope)];
}

/** The same by util-linux, for root: what bubblewrap does, by a script inside the new namespaces. */
export function utilLinux(argv: readonly string[], scope: Scope): readonly string[] {
  const lists = [scope.tools, scope.readable, scope.writable, scope.blocked].flatMap((paths) => [
    String(paths.length),
    ...paths,
  ]);
  const facts = [scope.network, scope.hidden, scope.temporary, scope.cwd, ...lists];
  const net = scope.network === 'closed' ? ['--net'] : [];
  const unshare = ['unshare', ...net, '--mount', '--pid', '--ipc', '--fork', '--kill-child=KILL'];
  const build = ['perl', '-e', MOUNTS, '--', ...facts, ...init(argv, scope)];
  return ['setpriv', '--pdeathsig', 'KILL', '--', ...unshare, '--', ...build];
}

/**
 * What must stay reachable is opened before anything hides it, and mounted from there. A step that fails ends the
 * start: walls with a hole are none.
 */
const MOUNTS = String.raw`
use strict;
$^F = 1023;
my $network = shift;
if ($network eq 'closed') { ${LOOPBACK_UP} }
my $hidden = shift; my $temporary = shift; my $cwd = shift;
my @tools = splice @ARGV, 0, shift; my @readable = splice @ARGV, 0, shift; my @writable = splice @ARGV, 0, shift; my @blocked = splice @ARGV, 0, shift;
my %open;
sub keep { my ($path) = @_; open($open{$path}, '<', $path) or die "walls: $path: $!\n" }
sub run { system(@_) == 0 or die "walls: @_ failed\n" }
sub place {
  my ($from, $to) = @_;
  if (-d "/proc/self/fd/" . fileno($open{$from})) { run('mkdir', '-p', $to) }
  else { run('mkdir', '-p', $to =~ s{/[^/]*$}{}r || '/'); open(my $file, '>>', $to) or die "walls: $to: $!\n" }
  run('mount', '-c', '--bind', '/proc/self/fd/' . fileno($open{$from}), $to);
}
my @devices = map { "/dev/$_" } qw(null zero full random urandom);
run('mount', '--make-rprivate', '/');
keep($_) for $temporary, @tools, @readable, @writable, @devices;
run('mount', '-t', 'proc', 'proc', '/proc');
open(my $table, '<', '/proc/self/mountinfo') or die "walls: mountinfo: $!\n";
my @points = map { (split ' ')[4] =~ s/\\(\d{3})/chr oct $1/ger } <$table>;
for my $point (@points) {
  next if $point =~ m{^/proc(/|$)};
  run('mount', '-o', 'remount,bind,ro', $point);
}
for my $name (grep { -e "/proc/$_" } qw(${KERNEL_FILES.join(' ')})) {
  run('mount', '--bind', "/proc/$name", "/proc/$name");
  run('mount', '-o', 'remount,bind,ro', "/proc/$name");
}
run('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/dev');
place($_, $_) for @devices;
symlink("/proc/self/fd$$_[1]", "/dev/$$_[0]") for ['fd', ''], ['stdin', '/0'], ['stdout', '/1'], ['stderr', '/2'];
mkdir '/dev/shm'; chmod 01777, '/dev/shm';
# What comes from a mount that was made read-only is so too.
sub writable { place(@_); run('mount', '-o', 'remount,bind,rw', $_[1]) }
sub readable { place($_[0], $_[0]); run('mount', '-o', 'remount,bind,ro', $_[0]) }
writable($temporary, '/tmp');
readable($_) for @tools;
run('mkdir', '-p', $hidden);
run('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', $hidden);
readable($_) for @readable;
writable($_, $_) for @writable;
run('mount', '-c', '--bind', '/proc/self/fd/' . fileno($open{'/dev/null'}), $_) for @blocked;
run('mount', '-o', 'remount,bind,ro', $hidden);
close $_ for values %open;
chdir $cwd or die "walls: $cwd: $!\n";
exec 'setpriv', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', '--', @ARGV or die "walls: setpriv: $!\n";
`;
