// What plain file calls leave to the caller: complete writes, and folders that remember their files.

import { closeSync, constants, fsyncSync, openSync, writeSync } from 'node:fs';

/**
 * @param {string} path created when it does not exist, never emptied
 * @returns {number} a file descriptor for reading and writing
 */
export function openForUpdate(path) {
  return openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644);
}

/**
 * A single write may end early, for instance on a disk that is nearly full.
 * @param {number} fd
 * @param {Buffer} bytes
 * @param {number} position
 */
export function writeFully(fd, bytes, position) {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}

/**
 * A new file survives a power cut only when its folder is on the disk as well.
 * @param {string} folder
 */
export function syncFolder(folder) {
  const fd = openSync(folder, constants.O_RDONLY);
  fsyncSync(fd);
  closeSync(fd);
}
