import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';

import { IEflowsSession } from '../session/tokens';
import { DEFAULTS, IEflowsSettings } from '../settings/tokens';
import { isWorthTelling, StatusItem } from './view';

const OPEN_COMMAND = 'eflows-nb:open-run-view';

/** Counts the tasks of the notebook in front in the status bar, where there is one. */
export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: 'eflows-nb:status',
  description: 'Counts the tasks of the current notebook in the status bar.',
  autoStart: true,
  requires: [IEflowsSession],
  optional: [IStatusBar, IEflowsSettings, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    session: IEflowsSession,
    bar: IStatusBar | null,
    settings: IEflowsSettings | null,
    translator: ITranslator | null
  ): void => {
    if (bar === null) {
      return;
    }
    const trans = (translator ?? nullTranslator).load('eflows_nb');
    const open = (): void => {
      if (app.commands.isEnabled(OPEN_COMMAND)) {
        void app.commands.execute(OPEN_COMMAND);
      }
    };
    const item = new StatusItem(session, open, trans);
    const isActive = (): boolean =>
      isWorthTelling(session) && (settings?.values ?? DEFAULTS).statusBar;
    const activity = new Signal<StatusItem, void>(item);
    let wasActive = false;
    const look = (): void => {
      // Ten times a second the bar need not lay itself out anew.
      if (isActive() !== wasActive) {
        wasActive = !wasActive;
        activity.emit();
      }
    };
    session.changed.connect(look);
    settings?.changed.connect(look);
    bar.registerStatusItem('eflows-nb:status', {
      item,
      align: 'left',
      rank: 100,
      isActive,
      activeStateChanged: activity
    });
    look();
  }
};
