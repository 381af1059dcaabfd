// Does cargo work here? A machine without it judges no Rust, and there is nothing to test then.
import { execFileSync } from 'node:child_process';

export const hasCargo: boolean = (() => {
  try {
    execFileSync('cargo', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
