import type { JupyterFrontEnd } from '@jupyterlab/application';
import { showErrorMessage, type ICommandPalette } from '@jupyterlab/apputils';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

import { convert } from './convert';
import { apply, FORMS, isTask, type Form, type IFileCell } from './forms';

const CONVERT_COMMAND = 'eflows-nb:convert-notebook';
const TOGGLE_COMMAND = 'eflows-nb:toggle-task-cell';

/** Add the commands that make task cells, and that write them in another form. */
export function addFormCommands(
  app: JupyterFrontEnd,
  notebooks: INotebookTracker,
  palette: ICommandPalette | null,
  trans: TranslationBundle
): void {
  const category = trans.__('eFlows');
  const labels: Readonly<Record<Form, string>> = {
    magic: trans.__('Convert Task Cells to %%task Lines'),
    metadata: trans.__('Convert Task Cells to Cell Metadata'),
    function: trans.__('Convert Task Cells to @task Functions')
  };
  app.commands.addCommand(CONVERT_COMMAND, {
    label: args => {
      const form = formOf(args['form']);
      return form === null ? trans.__('Convert Task Cells') : labels[form];
    },
    caption: trans.__('What the notebook computes stays as it is'),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          form: { type: 'string', enum: [...FORMS], description: 'The form' }
        },
        required: ['form']
      }
    },
    isEnabled: () => notebooks.currentWidget !== null,
    execute: async args => {
      const form = formOf(args['form']);
      const panel = notebooks.currentWidget;
      if (form !== null && panel !== null) {
        await convertNotebook(app, panel, form, trans);
      }
    }
  });
  app.commands.addCommand(TOGGLE_COMMAND, {
    label: trans.__('Run This Cell as a Task'),
    caption: trans.__('Noted in the metadata of the cell, not in its code'),
    describedBy: { args: { type: 'object', properties: {} } },
    isEnabled: () => notebooks.activeCell?.model.type === 'code',
    isToggled: () => isTask(notebooks.activeCell?.model.metadata),
    execute: () => {
      const model = notebooks.activeCell?.model;
      if (model?.type !== 'code') {
        return;
      }
      if (isTask(model.metadata)) {
        model.deleteMetadata('eflows');
      } else {
        model.setMetadata('eflows', { version: 1, task: {} });
      }
    }
  });
  for (const form of FORMS) {
    palette?.addItem({ command: CONVERT_COMMAND, args: { form }, category });
    app.contextMenu.addItem({
      command: CONVERT_COMMAND,
      args: { form },
      selector: '.jp-Notebook .jp-CodeCell',
      rank: 501 + FORMS.indexOf(form)
    });
  }
  palette?.addItem({ command: TOGGLE_COMMAND, category });
  app.contextMenu.addItem({
    command: TOGGLE_COMMAND,
    selector: '.jp-Notebook .jp-CodeCell',
    rank: 500
  });
}

async function convertNotebook(
  app: JupyterFrontEnd,
  panel: NotebookPanel,
  form: Form,
  trans: TranslationBundle
): Promise<void> {
  const shared = panel.content.model?.sharedModel;
  if (shared === undefined) {
    return;
  }
  const notebook = {
    ...shared.toJSON(),
    nbformat_minor: 5, // cells have ids, by which they are found again
    cells: shared.cells.map(cell => ({ ...cell.toJSON(), id: cell.getId() }))
  };
  const { serverSettings } = app.serviceManager;
  const made = await convert(notebook, form, serverSettings);
  if ('reason' in made) {
    await showErrorMessage(
      trans.__('The task cells stay as they are'),
      made.reason
    );
    return;
  }
  // The list of cells is brought up to date only after the transaction.
  const cells = new Map(shared.cells.map(cell => [cell.getId(), cell]));
  shared.transact(() => {
    apply(made.cells, {
      ids: [...cells.keys()],
      remove: place => shared.deleteCell(place),
      insert: (place, cell) => {
        shared.insertCell(place, asNew(cell));
      },
      write: cell => {
        const known = cells.get(cell.id);
        const { eflows } = cell.metadata;
        if (known !== undefined && known.getSource() !== cell.source) {
          known.setSource(cell.source);
        }
        if (eflows === undefined) {
          known?.deleteMetadata('eflows');
        } else {
          known?.setMetadata('eflows', eflows);
        }
      }
    });
    const own = made.metadata['eflows'];
    if (own === undefined) {
      shared.deleteMetadata('eflows');
    } else {
      shared.setMetadata('eflows', own);
    }
  });
}

function asNew(cell: IFileCell) {
  const { id, source } = cell;
  return { cell_type: 'code' as const, id, source, metadata: {}, outputs: [] };
}

function formOf(value: unknown): Form | null {
  return FORMS.find(form => form === value) ?? null;
}
