// All rules of the core, in the order they are tried.
import { RULES_OF_BUDGETS } from './budgets.ts';
import { RULES_OF_CHECKPOINTS } from './checkpoints.ts';
import { RULES_OF_ENDINGS } from './endings.ts';
import { RULES_OF_FAULTS } from './faults.ts';
import { RULES_OF_HOURS } from './hours.ts';
import { RULES_OF_NOTICES } from './notices.ts';
import { RULES_OF_PAUSES } from './pauses.ts';
import { RULES_OF_RECOVERY } from './recovery.ts';
import { giveTurn } from './schedule.ts';
import { RULES_OF_STAGES } from './stages.ts';
import { RULES_OF_STOPPING } from './stopping.ts';
import { RULES_OF_TRUST } from './trust.ts';
import type { Rule } from './types.ts';

export const RULES: readonly Rule[] = [
  ...RULES_OF_ENDINGS,
  ...RULES_OF_BUDGETS,
  ...RULES_OF_PAUSES,
  ...RULES_OF_STOPPING,
  ...RULES_OF_HOURS,
  ...RULES_OF_TRUST,
  ...RULES_OF_STAGES,
  ...RULES_OF_CHECKPOINTS,
  ...RULES_OF_RECOVERY,
  ...RULES_OF_NOTICES,
  ...RULES_OF_FAULTS,
  giveTurn,
];
