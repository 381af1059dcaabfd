// Starts the server, and ends it cleanly on SIGTERM or SIGINT.

import { Database } from '../engine/database.js';
import { Session } from '../engine/session.js';
import { readSettings } from './settings.js';
import { startServer } from './server.js';

const stopped = new Promise((resolve) => {
  process.once('SIGTERM', resolve);
  process.once('SIGINT', resolve);
});

try {
  const { port, dataFolder } = readSettings(process.env);
  const database = new Database(dataFolder);
  const server = await startServer({ port, createSession: () => new Session(database) });
  console.log(`minidb is ready on 127.0.0.1:${server.port}`);
  await stopped;
  await server.close();
  database.close();
} catch (error) {
  console.error(`minidb: ${error.message}`);
  process.exitCode = 1;
}
