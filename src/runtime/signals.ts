// INT, TERM and HUP become events; a terminal or pipe that goes away does not end a session.

type Name = 'INT' | 'TERM' | 'HUP';

/** Calls back for every such signal. The answer stops listening. */
export function onSignals(call: (signal: Name) => void): () => void {
  const hooks = (['INT', 'TERM', 'HUP'] as const).map((name) => {
    const hook = () => call(name);
    process.on(`SIG${name}`, hook);
    return () => process.off(`SIG${name}`, hook);
  });
  // `mega-test … | head`: what cannot be shown any more is still logged.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  return () => {
    for (const unhook of hooks) unhook();
  };
}
