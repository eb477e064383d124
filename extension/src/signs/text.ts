import type { TaskState } from '../session/protocol';

/** The sign of each state as a character, where there is no room for a picture. */
export const SIGN_TEXT: Readonly<Record<TaskState, string>> = {
  waiting: '◌',
  ready: '○',
  sent: '▹',
  running: '▸',
  done: '✓',
  failed: '✕',
  cancelled: '⊘',
  cached: '↺'
};
