import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { ISession } from './protocol';

/**
 * Ask how engines are to be stopped whose tasks have not ended.
 *
 * @returns whether to cancel the tasks, rather than to wait for them; null to
 * leave everything as it is
 */
export async function askHowToStop(
  session: ISession,
  trans: TranslationBundle
): Promise<boolean | null> {
  const { waiting, ready, sent, running } = session.tasks;
  const unfinished = waiting + ready + sent + running;
  if (unfinished === 0) {
    return false;
  }
  const cancel = trans.__('Cancel tasks and stop');
  const result = await showDialog({
    title: trans.__('Stop the engines?'),
    body: trans._n(
      '%1 task has not ended. Results that there are already stay.',
      '%1 tasks have not ended. Results that there are already stay.',
      unfinished
    ),
    // Enter must not end what took hours.
    defaultButton: 0,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Stop when they have ended') }),
      Dialog.warnButton({ label: cancel })
    ]
  });
  return result.button.accept ? result.button.label === cancel : null;
}
