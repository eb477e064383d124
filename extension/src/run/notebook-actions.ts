import { NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';

import type { ITaskActions } from './inspector';
import type { RunModel } from './model';

/** What can be done in the notebook that submitted the tasks. */
export class CellActions implements ITaskActions {
  /**
   * @param panel returns the notebook, null while it is not open
   * @param reveal brings the notebook to the front
   */
  constructor(
    model: RunModel,
    panel: () => NotebookPanel | null,
    reveal: (panel: NotebookPanel) => void
  ) {
    this._model = model;
    this._panel = panel;
    this._reveal = reveal;
  }

  hasCell(row: number): boolean {
    return this._find(row) >= 0;
  }

  goToCell(row: number): void {
    const panel = this._panel();
    const index = this._find(row);
    if (panel !== null && index >= 0) {
      this._reveal(panel);
      panel.content.deselectAll();
      panel.content.activeCellIndex = index;
      void panel.content.scrollToItem(index, 'center');
      panel.content.activate();
    }
  }

  runCell(row: number): void {
    const panel = this._panel();
    if (panel !== null && this._find(row) >= 0) {
      this.goToCell(row);
      void NotebookActions.run(panel.content, panel.sessionContext);
    }
  }

  private _find(row: number): number {
    const { table } = this._model;
    const cell = table.cells.get(table.origin[row] ?? -1);
    const widgets = this._panel()?.content.widgets ?? [];
    return cell === undefined
      ? -1
      : widgets.findIndex(widget => widget.model.id === cell);
  }

  private _model: RunModel;
  private _panel: () => NotebookPanel | null;
  private _reveal: (panel: NotebookPanel) => void;
}
