// Sockets by which a program could have somebody outside its walls do its work.
import { existsSync, realpathSync } from 'node:fs';

const OF_CONTAINERS = ['docker.sock', 'containerd/containerd.sock', 'podman/podman.sock', 'crio/crio.sock'];
const OF_THE_SYSTEM = ['dbus/system_bus_socket', 'systemd/private'];
const OF_A_USER = ['bus', 'systemd/private', 'podman/podman.sock', 'docker.sock'];

/** Those that are there, as real paths. */
export function openDoors(): readonly string[] {
  const user = process.getuid?.() ?? 0;
  return [
    ...[...OF_CONTAINERS, ...OF_THE_SYSTEM].map((name) => `/run/${name}`),
    ...OF_A_USER.map((name) => `/run/user/${user}/${name}`),
  ]
    .filter((path) => existsSync(path))
    .map((path) => realpathSync(path));
}
