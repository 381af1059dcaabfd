// The folder lock: two processes that write the same files would destroy them.

import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../errors.js';

/**
 * Takes the folder for this process. The lock of a process that is gone, for instance killed, does not count.
 * @param {string} folder created when it does not exist
 * @returns {() => void} gives the folder free
 */
export function lockFolder(folder) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'lock');
  const owner = describeProcess(process.pid);
  if (!tryCreate(path, owner)) {
    if (isAlive(readLock(path))) fail('locked', `another process has ${folder} open`);
    rmSync(path, { force: true });
    if (!tryCreate(path, owner)) fail('locked', `another process has just opened ${folder}`);
  }
  return () => rmSync(path, { force: true });
}

/** A link appears together with its content, so nobody can find a lock that does not say whose it is. */
function tryCreate(path, owner) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, owner);
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readLock(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(owner) {
  return owner !== '' && describeProcess(Number.parseInt(owner, 10)) === owner;
}

/**
 * Process numbers are used again, so on Linux the start time belongs to the name. Elsewhere the number must do.
 * @returns {string} empty when there is no such process
 */
function describeProcess(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return '';
  }
  try {
    const [state, ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return state === 'Z' || state === 'X' ? '' : `${pid} started at ${fields[18]}`;
  } catch {
    return `${pid}`;
  }
}
