import type { TranslationBundle } from '@jupyterlab/translation';

import type { TaskState } from './protocol';

/** The name of a state, for people. */
export function stateLabel(state: TaskState, trans: TranslationBundle): string {
  switch (state) {
    case 'waiting':
      return trans.__('Waiting');
    case 'ready':
      return trans.__('Ready');
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
