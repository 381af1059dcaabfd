#!/usr/bin/env node
await import('../dist/cli/main.js').then(
  ({ main }) => main(process.argv.slice(2)),
  (error) => {
    // A disk that does not give our own files, or an installation that lacks some, is no bug of theirs.
    if (error.errno === undefined && error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    process.stderr.write(`mega-test: its own files cannot be loaded: ${error.message}\n`);
    process.exitCode = 2;
  },
);
