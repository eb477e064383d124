import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { IEflowsPanel } from '../panel/tokens';
import { NotebookChannels } from './channels';
import { NotebookFollower } from './follow';
import { SessionModel } from './model';
import { IEflowsChannels, IEflowsSession } from './tokens';
import { SessionSection, START_CODE } from './view';

const INSERT_COMMAND = 'eflows-nb:insert-start';

/** The channels to the kernels of all open notebooks. */
export const channelsPlugin: JupyterFrontEndPlugin<IEflowsChannels> = {
  id: 'eflows-nb:channels',
  description: 'Hears what the kernels of notebooks tell of their sessions.',
  autoStart: true,
  provides: IEflowsChannels,
  requires: [INotebookTracker],
  activate: (_: JupyterFrontEnd, tracker: INotebookTracker): IEflowsChannels =>
    new NotebookChannels(tracker)
};

/** The session of the current notebook, and the section that shows it. */
export const sessionPlugin: JupyterFrontEndPlugin<IEflowsSession> = {
  id: 'eflows-nb:session',
  description: 'Shows the engines and tasks of the current notebook, live.',
  autoStart: true,
  provides: IEflowsSession,
  requires: [INotebookTracker, IEflowsChannels],
  optional: [IEflowsPanel, ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    channels: IEflowsChannels,
    panel: IEflowsPanel | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): IEflowsSession => {
    const trans = (translator ?? nullTranslator).load('eflows_nb');
    const model = new SessionModel();
    // Lives as long as the page, for whoever else shows the session.
    new NotebookFollower(tracker, channels, model);

    app.commands.addCommand(INSERT_COMMAND, {
      label: trans.__('Insert a Cell That Starts Engines'),
      caption: trans.__('Insert a cell that starts two eFlows engines'),
      describedBy: { args: { type: 'object', properties: {} } },
      isEnabled: () => tracker.currentWidget !== null,
      execute: () => {
        const notebook = tracker.currentWidget?.content;
        if (notebook === undefined) {
          return;
        }
        NotebookActions.insertBelow(notebook);
        notebook.activeCell?.model.sharedModel.setSource(START_CODE);
        notebook.activate();
      }
    });
    palette?.addItem({ command: INSERT_COMMAND, category: trans.__('eFlows') });

    const insert = (): void => {
      void app.commands.execute(INSERT_COMMAND);
    };
    panel?.addSection({
      widget: new SessionSection(model, insert, trans),
      rank: 10
    });
    return model;
  }
};
