// Seeds that once found a bug, each with what it found: they are run for ever.

export const CORPUS: readonly { readonly seed: number; readonly what: string }[] = [
  { seed: 1, what: 'EIO at fdatasync of the journal ended the harness with exit 70' },
  { seed: 76, what: 'a recovery that could not be saved on a broken disk failed the whole session' },
  { seed: 359, what: 'a checkpoint number was given twice after the journal was damaged' },
  { seed: 512, what: 'a journal begun anew was not joined to the checkpoint it followed' },
  { seed: 626, what: 'the loop span while a checkpoint was due during a recovery' },
  { seed: 18, what: 'lines of a failed fsync were never written again' },
];
