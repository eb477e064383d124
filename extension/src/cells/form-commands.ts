import type { JupyterFrontEnd } from '@jupyterlab/application';
import {
  Dialog,
  showDialog,
  showErrorMessage,
  type ICommandPalette
} from '@jupyterlab/apputils';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

import { convert, type IRefusal } from './convert';
import {
  apply,
  FORMS,
  isSame,
  isTask,
  type Form,
  type IConverted,
  type IFileCell
} from './forms';

const CONVERT_COMMAND = 'eflows-nb:convert-notebook';
const TOGGLE_COMMAND = 'eflows-nb:toggle-task-cell';

/** How often a notebook is converted that is edited meanwhile. */
const ROUNDS = 3;

type SharedNotebook = NonNullable<
  NotebookPanel['content']['model']
>['sharedModel'];

/** Add the commands that make task cells, and that write them in another form. */
export function addFormCommands(
  app: JupyterFrontEnd,
  notebooks: INotebookTracker,
  palette: ICommandPalette | null,
  trans: TranslationBundle
): void {
  const category = trans.__('eFlows');
  const labels: Readonly<Record<Form, string>> = {
    magic: trans.__('Convert Task Cells to %1 Lines', '%%task'),
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
  const { serverSettings } = app.serviceManager;
  const refuse = (reason: string): Promise<void> =>
    showErrorMessage(trans.__('The task cells stay as they are'), reason);
  for (let round = 0; round < ROUNDS; round++) {
    const notebook = fileOf(panel);
    if (notebook === null) {
      return;
    }
    const made = await convert(notebook, form, serverSettings);
    if ('reason' in made) {
      return refuse(explained(made, trans));
    }
    const now = fileOf(panel);
    if (now === null) {
      return; // closed meanwhile
    }
    if (isSame(now, made)) {
      await showDialog({
        title: trans.__('Nothing to convert'),
        body: trans.__(
          'The notebook has no task cells, or they have this form already.'
        ),
        buttons: [Dialog.okButton({ label: trans.__('Ok') })]
      });
      return;
    }
    if (isSame(now, notebook)) {
      write(panel.content.model?.sharedModel, made);
      return;
    }
    // What was written meanwhile must be neither lost nor left out.
  }
  return refuse(
    trans.__(
      'The notebook was edited while it was converted. Convert it again when nobody writes in it.'
    )
  );
}

function explained(
  { status, reason }: IRefusal,
  trans: TranslationBundle
): string {
  switch (status) {
    case 0:
      return trans.__('The server does not answer.');
    case 404:
      return trans.__(
        'This server does not convert notebooks: its eflows_nb server extension is not enabled.'
      );
    default:
      return reason;
  }
}

/** The notebook as it would stand in a file; null when it is closed. */
function fileOf(
  panel: NotebookPanel
): (IConverted & { nbformat_minor: 5 }) | null {
  const shared = panel.isDisposed ? null : panel.content.model?.sharedModel;
  return shared
    ? {
        ...shared.toJSON(),
        nbformat_minor: 5, // cells have ids, by which they are found again
        cells: shared.cells.map(cell => ({
          ...cell.toJSON(),
          id: cell.getId(),
          source: cell.getSource()
        }))
      }
    : null;
}

/** Let a notebook be what the server has made of it; undone as one. */
function write(shared: SharedNotebook | undefined, made: IConverted): void {
  if (shared === undefined) {
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
