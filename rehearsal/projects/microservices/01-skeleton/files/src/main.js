// Starts the mesh from its environment, says when it is ready and stops it on a signal.
import { startMesh } from './mesh.js';
import { readSettings, SettingsError } from './settings.js';

const EXIT_FAILED = 1;
const EXIT_BAD_SETTINGS = 2;

async function run() {
  const mesh = await startMesh(readSettings(process.env));
  // Before the ready line, because whoever reads that line may send the signal at once.
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => mesh.close());
  console.log(`ServiceMesh ready: api ${mesh.apiUrl}`);
}

run().catch((error) => {
  console.error(`ServiceMesh cannot start: ${error.message}`);
  process.exitCode = error instanceof SettingsError ? EXIT_BAD_SETTINGS : EXIT_FAILED;
});
