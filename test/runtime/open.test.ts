// Reading a session back: what another version began is not guessed at.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readSavedConfig } from '../../src/runtime/open.ts';
import { sealed } from '../../src/store/durable.ts';
import { FORMAT } from '../../src/store/format.ts';
import { layoutOf } from '../../src/store/layout.ts';

test.each([FORMAT - 1, FORMAT + 1])(
  'a session of format %i is refused with the version that can go on with it',
  (schema) => {
    const dir = mkdtempSync(join(tmpdir(), 'mega-unit-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const layout = layoutOf(join(dir, 's'));
    mkdirSync(layout.root);
    writeFileSync(layout.config, sealed({ schema, session: 's', version: '0.0.9' }));
    expect(() => readSavedConfig(layout)).toThrow(
      expect.objectContaining({
        exitCode: 5,
        message: `${layout.config} was written by another version (format ${schema}, this one reads ${FORMAT}): go on with the one that began it (0.0.9)`,
      }),
    );
  },
);
