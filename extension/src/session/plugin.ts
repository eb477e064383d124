import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import {
  INotebookTracker,
  NotebookActions,
  type NotebookPanel
} from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { IEflowsMachine } from '../clusters/tokens';
import { IEflowsPanel } from '../panel/tokens';
import { IEflowsSettings } from '../settings/tokens';
import { NotebookChannels } from './channels';
import { CurrentEngines } from './current-engines';
import { EngineWishes } from './engines';
import { NotebookFollower } from './follow';
import { SessionModel } from './model';
import { IEflowsChannels, IEflowsSession } from './tokens';
import { askHowToStop } from './stop-dialog';
import { SessionSection, START_CODE } from './view';

const INSERT_COMMAND = 'eflows-nb:insert-start';
const START_COMMAND = 'eflows-nb:start-engines';
const STOP_COMMAND = 'eflows-nb:stop-engines';

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
  optional: [
    IEflowsPanel,
    IEflowsMachine,
    IEflowsSettings,
    ITranslator,
    ICommandPalette
  ],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    channels: IEflowsChannels,
    panel: IEflowsPanel | null,
    machine: IEflowsMachine | null,
    settings: IEflowsSettings | null,
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
    const wishes = new EngineWishes();
    const engines = new CurrentEngines(wishes, model, machine, settings, () =>
      model.status.kind === 'session'
        ? askHowToStop(model.status.session, trans)
        : Promise.resolve(null)
    );
    const follow = (): void =>
      engines.follow(
        tracker.currentWidget,
        tracker.currentWidget && channels.channelOf(tracker.currentWidget)
      );
    const onKernel = (_: unknown, notebook: NotebookPanel): void => {
      if (notebook === tracker.currentWidget) {
        follow();
      }
    };
    tracker.currentChanged.connect(follow);
    channels.changed.connect(onKernel);
    follow();

    const commands: readonly [string, string, string, () => void][] = [
      [
        START_COMMAND,
        trans.__('Start eFlows Engines'),
        trans.__('Start engines for the current notebook'),
        () => engines.start({ number: engines.proposedNumber })
      ],
      [
        STOP_COMMAND,
        trans.__('Stop the eFlows Engines'),
        trans.__('Stop the engines of the current notebook'),
        () => engines.stop()
      ]
    ];
    for (const [command, label, caption, execute] of commands) {
      app.commands.addCommand(command, {
        label,
        caption,
        describedBy: { args: { type: 'object', properties: {} } },
        isEnabled: () =>
          tracker.currentWidget !== null &&
          (command === START_COMMAND) !== engines.areThere,
        execute
      });
      palette?.addItem({ command, category: trans.__('eFlows') });
    }
    model.changed.connect(() => {
      app.commands.notifyCommandChanged(START_COMMAND);
      app.commands.notifyCommandChanged(STOP_COMMAND);
    });

    if (panel !== null) {
      const section = new SessionSection(model, engines, insert, trans);
      machine?.attend(() => section.isVisible);
      section.shown.connect(() => void machine?.refresh());
      panel.addSection({ widget: section, rank: 10, weight: 4 });
    }
    return model;
  }
};
