#!/usr/bin/env node
await import('../dist/cli/test-runner.js').then(({ testRunner }) => testRunner(process.argv.slice(2)));
