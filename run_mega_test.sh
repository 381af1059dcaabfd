#!/usr/bin/env bash
# Runs a mega test: ./run_mega_test.sh [project] [hours] [agents], or ./run_mega_test.sh --rehearse [project]
# Installs and builds on the first run. Works from any directory; sessions go into ./test_runs of the caller.
set -euo pipefail

# The folder this script really lies in, whatever links lead to it.
self="${BASH_SOURCE[0]}"
while [ -L "$self" ]; do
  folder="$(cd -P "$(dirname "$self")" && pwd)"
  self="$(readlink "$self")"
  case "$self" in /*) ;; *) self="$folder/$self" ;; esac
done
root="$(cd -P "$(dirname "$self")" && pwd)"

usage() {
  cat <<'TEXT'
Usage: ./run_mega_test.sh [project] [hours] [agents] [options of "mega-test run"]
       ./run_mega_test.sh --rehearse [project]

  project   task_queue (default), database, microservices, or one of your configuration
  hours     6 (default), or 90m, 2h30m, 10s
  agents    6 (default), 1 to 16

  --rehearse   a session of about two minutes with the rehearsal agent: no model is needed

Environment: CHECKPOINT_INTERVAL (minutes), SELFWARE_AUTO_RECOVERY (true or false), SELFWARE_LOG_LEVEL,
             SELFWARE_DISK_LIMIT_GB, SELFWARE_BIN, SELFWARE_ENDPOINT, SELFWARE_MODEL, CONFIG_FILE

Examples:
  ./run_mega_test.sh task_queue 6 6
  ./run_mega_test.sh database 8 8 --dry-run
TEXT
}

case "${1:-}" in -h | --help) usage; exit 0 ;; esac

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "run_mega_test.sh: Node.js 20.19 or later with npm is needed and was not found" >&2
  exit 2
fi
if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
  echo "run_mega_test.sh: Node.js 20.19 or later is needed; this is $(node --version)" >&2
  exit 2
fi

# Two starts at once must not install into the same folder at the same time.
prepare() {
  if [ ! -d "$root/node_modules" ] || [ "$root/package-lock.json" -nt "$root/node_modules/.package-lock.json" ]; then
    echo "installing (once) ..." >&2
    (cd "$root" && npm_config_update_notifier=false npm ci --ignore-scripts --loglevel=error >&2)
  fi
  if [ ! -f "$root/dist/cli/main.js" ] || [ -n "$(find "$root/src" -name '*.ts' -newer "$root/dist/cli/main.js" -print -quit)" ]; then
    echo "building (once) ..." >&2
    (cd "$root" && npm run --silent build >&2 && touch dist/cli/main.js)
  fi
}
if command -v flock >/dev/null; then
  exec 9>"$root/.prepare.lock"
  flock 9
  prepare
  exec 9>&-
else
  prepare
fi

flags=()
if [ "${1:-}" = --rehearse ]; then
  flags+=(--rehearse)
  shift
fi
names=(--project --duration --agents)
for name in "${names[@]}"; do
  case "${1:-}" in '' | -*) break ;; esac
  flags+=("$name" "$1")
  shift
done

# The configuration beside this script, unless the caller's directory or CONFIG_FILE has one.
if [ -z "${CONFIG_FILE:-}" ] && [ ! -f mega_test_config.toml ] && [ -f "$root/mega_test_config.toml" ]; then
  export CONFIG_FILE="$root/mega_test_config.toml"
fi

# exec, so that a signal to this process reaches the harness itself.
exec node "$root/bin/mega-test.js" run "${flags[@]+"${flags[@]}"}" "$@"
