// The program: starts a server with the settings of the environment and ends it on SIGTERM.

import { startServer } from "./server/redqueue.js";
import { readSettings } from "./settings.js";

function fail(error) {
  process.stderr.write(`redqueue: ${error.message}\n`);
  process.exit(1);
}

try {
  const settings = readSettings(process.env);
  const server = await startServer(settings, { onFailure: fail });
  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.once(signal, async () => {
      await server.close();
      process.exit(0);
    });
  }
  const { host, dataDir } = settings;
  process.stdout.write(
    `RedQueue is ready on ${host}:${server.port}, dashboard http://${host}:${server.dashboardPort}, data ${dataDir}\n`,
  );
} catch (error) {
  fail(error);
}
