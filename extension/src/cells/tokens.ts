import type { NotebookPanel } from '@jupyterlab/notebook';
import { Token } from '@lumino/coreutils';

import type { CellsModel } from './model';

/** What is known of the cells of open notebooks. */
export interface IEflowsCells {
  modelOf(panel: NotebookPanel): CellsModel | null;
  /** Run the cells that have no result because of this one, and it, again. */
  retry(panel: NotebookPanel, cell: string): Promise<void>;
}

/** How a plugin asks for what is known of cells. */
export const IEflowsCells = new Token<IEflowsCells>(
  'eflows-nb:IEflowsCells',
  'How far the cells of notebooks are, and Retry.'
);
