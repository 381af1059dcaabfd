// The four phases of a mega test, as data: weights 1:2:2:1, objectives and success criteria.

interface PhaseOption {
  readonly name: string;
  readonly duration_minutes: number;
  readonly objectives: string[];
  readonly success_criteria: string[];
}

export const DEFAULT_PHASES: readonly PhaseOption[] = [
  {
    name: 'bootstrap',
    duration_minutes: 60,
    objectives: [
      'Initialize project structure',
      'Design system architecture',
      'Set up CI/CD pipeline',
      'Create initial documentation',
    ],
    success_criteria: [
      'Project compiles successfully',
      'All modules have defined interfaces',
      'CI pipeline passes',
      'Architecture document complete',
    ],
  },
  {
    name: 'development',
    duration_minutes: 120,
    objectives: [
      'Implement core functionality',
      'Add comprehensive tests',
      'Integrate components',
      'Establish performance baseline',
    ],
    success_criteria: [
      'Core features functional',
      'Test coverage >= 70%',
      'Integration tests pass',
      'No critical security issues',
    ],
  },
  {
    name: 'refinement',
    duration_minutes: 120,
    objectives: [
      'Bug fixes from testing',
      'Performance optimization',
      'Security hardening',
      'Documentation completion',
    ],
    success_criteria: [
      'All critical/high bugs fixed',
      'Performance targets met',
      'Security scan clean',
      'E2E tests pass',
    ],
  },
  {
    name: 'finalization',
    duration_minutes: 60,
    objectives: ['Final polish', 'Documentation completion', 'Release preparation', 'Final validation'],
    success_criteria: [
      'Documentation 100% complete',
      'All tests passing',
      'Release artifacts ready',
      'Final checkpoint validates',
    ],
  },
];
