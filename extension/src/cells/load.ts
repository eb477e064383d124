import {
  NotebookActions,
  type INotebookTracker,
  type NotebookPanel
} from '@jupyterlab/notebook';

import { FreshKernels } from './fresh-kernels';
import { isTask } from './forms';

/** Does nothing in a kernel without the package: the cells are ordinary cells there. */
const LOAD = `try:
    get_ipython().extension_manager.load_extension('eflows_nb')
except ModuleNotFoundError:
    pass`;

/**
 * Lets the kernels of notebooks know task cells that are marked in metadata.
 *
 * The code of such a notebook has no line that would load the extension. It is
 * loaded before the first cell that runs, and again in a kernel that has begun
 * anew; opening a notebook runs nothing.
 */
export function loadForMetadata(notebooks: INotebookTracker): void {
  const kernels = new FreshKernels();
  NotebookActions.executionScheduled.connect((_, { notebook }) => {
    const panel = notebooks.find(one => one.content === notebook);
    const kernel = panel?.sessionContext.session?.kernel ?? null;
    if (panel === undefined || kernel === null || !hasTasks(panel)) {
      return;
    }
    if (kernels.take(kernel)) {
      const content = {
        code: LOAD,
        silent: true,
        store_history: false,
        stop_on_error: false
      };
      // The kernel runs it before the cell, which is sent after it.
      kernel.requestExecute(content, true).done.catch(() => undefined);
    }
  });
}

function hasTasks(panel: NotebookPanel): boolean {
  return panel.content.widgets.some(
    ({ model }) => model.type === 'code' && isTask(model.metadata)
  );
}
