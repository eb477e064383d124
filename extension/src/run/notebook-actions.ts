import { NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';

import type { IEflowsCells } from '../cells/tokens';
import { STATE } from '../core/tasks';
import type { ITaskActions } from './inspector';
import type { RunModel } from './model';

/** What can be done in the notebook that submitted the tasks. */
export class CellActions implements ITaskActions {
  /**
   * @param panel returns the notebook, null while it is not open
   * @param reveal brings the notebook to the front
   * @param cells runs what has no result again; null without that plugin
   */
  constructor(
    model: RunModel,
    panel: () => NotebookPanel | null,
    reveal: (panel: NotebookPanel) => void,
    cells: IEflowsCells | null
  ) {
    this._model = model;
    this._panel = panel;
    this._reveal = reveal;
    this._cells = cells;
  }

  hasCell(row: number): boolean {
    return this._find(row) >= 0;
  }

  goToCell(row: number): void {
    this._show(this._find(row));
  }

  hasLine(cell: string): boolean {
    return this._indexOf(cell) >= 0;
  }

  goToLine(cell: string, line: number): void {
    const index = this._indexOf(cell);
    this._show(index);
    const panel = this._panel();
    const widget = panel?.content.widgets[index];
    if (!panel || widget === undefined) {
      return;
    }
    // A cell that was never seen has no editor before it is scrolled to.
    void panel.content
      .scrollToItem(index, 'center')
      .then(() => widget.ready)
      .then(() => {
        const { editor } = widget;
        if (editor !== null && !widget.isDisposed) {
          const last = Math.max(0, editor.lineCount - 1);
          const at = { line: Math.min(line - 1, last), column: 0 };
          panel.content.mode = 'edit';
          editor.setCursorPosition(at);
          editor.revealPosition(at);
          editor.focus();
        }
      });
  }

  private _show(index: number): void {
    const panel = this._panel();
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
    const cell = this._cellOf(row);
    if (panel === null || cell === undefined || this._find(row) < 0) {
      return;
    }
    this.goToCell(row);
    const state = this._model.table.state[row];
    const failed = state === STATE.failed || state === STATE.cancelled;
    if (failed && this._cells !== null) {
      void this._cells.retry(panel, cell);
    } else {
      void NotebookActions.run(panel.content, panel.sessionContext);
    }
  }

  private _cellOf(row: number): string | undefined {
    const { table } = this._model;
    return table.cells.get(table.origin[row] ?? -1);
  }

  private _find(row: number): number {
    return this._indexOf(this._cellOf(row) ?? '');
  }

  private _indexOf(cell: string): number {
    const widgets = this._panel()?.content.widgets ?? [];
    return cell === ''
      ? -1
      : widgets.findIndex(widget => widget.model.id === cell);
  }

  private _cells: IEflowsCells | null;
  private _model: RunModel;
  private _panel: () => NotebookPanel | null;
  private _reveal: (panel: NotebookPanel) => void;
}
