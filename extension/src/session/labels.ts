import type { TranslationBundle } from '@jupyterlab/translation';

import type { TaskState } from './protocol';

/** What a state means whose name does not say it all; empty for the others. */
export function stateHint(state: TaskState, trans: TranslationBundle): string {
  return state === 'sent'
    ? trans.__('With an engine, behind the task that it runs')
    : '';
}

/** The name of a state, for people. */
export function stateLabel(state: TaskState, trans: TranslationBundle): string {
  switch (state) {
    case 'waiting':
      return trans.__('Waiting');
    case 'ready':
      return trans.__('Ready');
    case 'sent':
      return trans.__('Sent');
    case 'running':
      return trans.__('Running');
    case 'done':
      return trans.__('Done');
    case 'failed':
      return trans.__('Failed');
    case 'cancelled':
      return trans.__('Cancelled');
    case 'cached':
      return trans.__('Cached');
  }
}
