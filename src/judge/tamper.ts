// What was done to the tests between two snapshots: findings with file and line.

export interface TamperFinding {
  readonly kind:
    | 'deleted'
    | 'skipped'
    | 'weakened'
    | 'assertion-free'
    | 'lowered-threshold'
    | 'excluded-from-coverage'
    | 'neutralised';
  readonly text: string;
  readonly file: string;
  readonly line: number;
}
