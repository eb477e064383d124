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

import { IEflowsChannels } from '../session/tokens';
import { KernelEndings } from './endings';
import { addFormCommands } from './form-commands';
import { loadForMetadata } from './load';
import { RelationMarks } from './marks';
import { CellsModel } from './model';
import { cellsToRetry } from './relations';
import { OutputsRestorer } from './restore';
import { CellStrips } from './strips';
import { IEflowsCells } from './tokens';

const RETRY_COMMAND = 'eflows-nb:retry-cell';
const CANCEL_COMMAND = 'eflows-nb:cancel-cell';
const OPEN_RUN_COMMAND = 'eflows-nb:open-run-view';

/** How far cells are, below each of them; Retry and Cancel. */
export const cellsPlugin: JupyterFrontEndPlugin<IEflowsCells> = {
  id: 'eflows-nb:cells',
  description: 'Shows below the cells of notebooks how far their tasks are.',
  autoStart: true,
  provides: IEflowsCells,
  requires: [INotebookTracker, IEflowsChannels],
  optional: [ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    channels: IEflowsChannels,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): IEflowsCells => {
    const trans = (translator ?? nullTranslator).load('eflows_nb');
    const models = new Map<NotebookPanel, CellsModel>();

    const retry = async (panel: NotebookPanel, cell: string): Promise<void> => {
      const { widgets } = panel.content;
      const cells = models.get(panel)?.cells ?? new Map();
      const order = widgets.map(widget => widget.model.id);
      const chosen = new Set(cellsToRetry(cell, order, cells));
      await NotebookActions.runCells(
        panel.content,
        widgets.filter(widget => chosen.has(widget.model.id)),
        panel.sessionContext
      );
    };
    const add = (panel: NotebookPanel): void => {
      const model = new CellsModel();
      models.set(panel, model);
      model.follow(channels.channelOf(panel));
      const show = (task: number): void => {
        if (app.commands.hasCommand(OPEN_RUN_COMMAND)) {
          const { path } = panel.context;
          void app.commands.execute(OPEN_RUN_COMMAND, { path, task });
        }
      };
      const strips = new CellStrips(
        panel,
        model,
        { show, retry: cell => void retry(panel, cell) },
        trans
      );
      const endings = new KernelEndings(panel, model);
      const marks = new RelationMarks(panel, model, trans);
      const restorer = new OutputsRestorer(panel, model, () => models.keys());
      panel.disposed.connect(() => {
        models.delete(panel);
        restorer.dispose();
        marks.dispose();
        endings.dispose();
        strips.dispose();
        model.dispose();
      });
    };
    notebooks.forEach(add);
    notebooks.widgetAdded.connect((_, panel) => add(panel));
    channels.changed.connect((_, panel) =>
      models.get(panel)?.follow(channels.channelOf(panel))
    );

    loadForMetadata(notebooks);
    addFormCommands(app, notebooks, palette, trans);

    const active = (): { panel: NotebookPanel; cell: string } | null => {
      const panel = notebooks.currentWidget;
      const cell = panel?.content.activeCell?.model.id;
      return panel !== null && cell !== undefined ? { panel, cell } : null;
    };
    const describedBy = { args: { type: 'object', properties: {} } };
    app.commands.addCommand(RETRY_COMMAND, {
      label: trans.__('Retry the Selected Cell and What Has No Result by It'),
      caption: trans.__('Run the cells as they are written now'),
      describedBy,
      isEnabled: () => active() !== null,
      execute: async () => {
        const chosen = active();
        if (chosen !== null) {
          await retry(chosen.panel, chosen.cell);
        }
      }
    });
    app.commands.addCommand(CANCEL_COMMAND, {
      label: trans.__('Cancel the Tasks of the Selected Cell'),
      describedBy,
      isEnabled: () => active() !== null,
      execute: () => {
        const chosen = active();
        if (chosen !== null) {
          models.get(chosen.panel)?.cancel(chosen.cell);
        }
      }
    });
    const category = trans.__('eFlows');
    palette?.addItem({ command: RETRY_COMMAND, category });
    palette?.addItem({ command: CANCEL_COMMAND, category });
    return { modelOf: panel => models.get(panel) ?? null, retry };
  }
};
