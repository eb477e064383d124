import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Dialog, ICommandPalette, showDialog } from '@jupyterlab/apputils';
import {
  INotebookTracker,
  NotebookActions,
  type NotebookPanel
} from '@jupyterlab/notebook';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';

import { isTask } from './decorator';
import { TaskDraft } from './model';
import { findAgain, functionAt, importedName, type IFunction } from './python';
import { TaskForm } from './view';

const INSERT_COMMAND = 'eflows-nb:insert-task';

/** The dialog that makes a task function of a function. */
export const insertPlugin: JupyterFrontEndPlugin<void> = {
  id: 'eflows-nb:insert-task',
  description: 'Makes a task function of a function, in a dialog.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('eflows_nb');
    app.commands.addCommand(INSERT_COMMAND, {
      label: trans.__('Make a Task Function…'),
      caption: trans.__(
        'Insert @task above the function of the active cell, or a new function'
      ),
      describedBy: { args: { type: 'object', properties: {} } },
      isEnabled: () => tracker.currentWidget !== null,
      execute: async () => {
        const panel = tracker.currentWidget;
        if (panel !== null) {
          await insertTask(panel, trans);
        }
      }
    });
    palette?.addItem({ command: INSERT_COMMAND, category: trans.__('eFlows') });
  }
};

async function insertTask(
  panel: NotebookPanel,
  trans: TranslationBundle
): Promise<void> {
  const notebook = panel.content;
  const cell = notebook.activeCell;
  const isCode = cell?.model.type === 'code';
  const shared = cell?.model.sharedModel;
  const code = isCode && shared !== undefined ? shared.getSource() : '';
  const editor = cell?.editor ?? null;
  const offset = editor?.getOffsetAt(editor.getCursorPosition()) ?? 0;
  const found = functionAt(code, offset);
  const objection = found === null ? '' : objectionTo(found, trans);
  if (objection !== '') {
    return explain(objection, trans);
  }
  const known = moduleIn(panel);
  const draft = new TaskDraft(known ?? 'ef', found);
  if (!(await ask(draft, trans))) {
    return;
  }
  const lines = [
    ...(known === null ? ['import eflows_nb as ef', '', ''] : []),
    draft.decorator,
    ''
  ].join('\n');
  if (found !== null && shared !== undefined) {
    // The cell may have changed meanwhile, by somebody else who edits it.
    const isThere = cell !== null && notebook.widgets.includes(cell);
    const now = isThere ? findAgain(found, shared.getSource()) : null;
    if (now === null) {
      return explain(
        trans.__(
          '%1 was changed or removed while the dialog was open, so nothing was inserted. Open the dialog again.',
          found.name
        ),
        trans
      );
    }
    shared.updateSource(now.start, now.start, lines);
  } else if (code.trim() === '' && isCode && shared !== undefined) {
    shared.setSource(lines + newFunction(draft.signature));
  } else {
    NotebookActions.insertBelow(notebook);
    notebook.activeCell?.model.sharedModel.setSource(
      lines + newFunction(draft.signature)
    );
  }
  notebook.activate();
}

function newFunction(signature: string): string {
  const head = signature
    .trim()
    .replace(/^def\s+/, '')
    .replace(/:$/, '');
  return `def ${head}:\n    ...`;
}

async function explain(
  reason: string,
  trans: TranslationBundle
): Promise<void> {
  await showDialog({
    title: trans.__('Make a task function'),
    body: reason,
    buttons: [Dialog.okButton({ label: trans.__('Ok') })]
  });
}

/** Why a function cannot become a task function, empty when it can. */
function objectionTo(found: IFunction, trans: TranslationBundle): string {
  if (isTask(found.decorators)) {
    return trans.__(
      '%1 is a task function already. Change its decorator in the cell.',
      found.name
    );
  }
  return found.isLazy
    ? trans.__(
        '%1 is a coroutine or a generator, and its body would never run as a task. Let it be a plain function that returns its result.',
        found.name
      )
    : '';
}

/** The name by which a notebook knows eflows_nb, null when no cell imports it. */
function moduleIn(panel: NotebookPanel): string | null {
  for (const { model } of panel.content.widgets) {
    const name =
      model.type === 'code'
        ? importedName(model.sharedModel.getSource())
        : null;
    if (name !== null) {
      return name;
    }
  }
  return null;
}

/** Show the dialog until it is left, or what stands in it can be inserted. */
async function ask(
  draft: TaskDraft,
  trans: TranslationBundle
): Promise<boolean> {
  for (;;) {
    const dialog = new Dialog({
      title:
        draft.found === null
          ? trans.__('Make a task function')
          : trans.__('Make a task function of %1', draft.found.name),
      body: new TaskForm(draft, trans),
      focusNodeSelector: 'select, input',
      buttons: [
        Dialog.cancelButton({ label: trans.__('Cancel') }),
        Dialog.okButton({ label: trans.__('Insert') })
      ]
    });
    dialog.addClass('eflows-Dialog');
    const { button } = await dialog.launch();
    if (!button.accept || draft.isWhole) {
      return button.accept;
    }
  }
}
