import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';

import { leftBehind } from './card';
import type { CellsModel } from './model';

/** A code cell, as far as its outputs go. */
interface IOutputCell {
  readonly outputs: {
    toJSON(): unknown;
    set(place: number, value: object): void;
  };
}

/**
 * Lets outputs say that a task has not ended only while there is a kernel that
 * works at it: cards of tasks that ended with their kernel say so.
 *
 * A notebook that is opened in this state is not changed by that, as far as
 * saving goes: it was like this before.
 */
export class KernelEndings implements IDisposable {
  constructor(panel: NotebookPanel, model: CellsModel) {
    this._panel = panel;
    this._model = model;
    model.changed.connect(this._look, this);
    void panel.context.ready.then(() => this._look());
    void panel.sessionContext.ready.then(() => this._look());
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._model.changed.disconnect(this._look, this);
    }
  }

  private _look(): void {
    const { before, hasNone } = this._model;
    if (this._isDisposed || !this._panel.context.isReady) {
      return;
    }
    const isThere = before >= 0;
    if (isThere && !this._isThere) {
      // What the kernel does not know is of another one.
      this._end(id => !this._model.cells.has(id), false);
    } else if (hasNone || this._hasNoKernel()) {
      this._end(() => true, this._isThere);
    }
    this._isThere = isThere;
  }

  private _hasNoKernel(): boolean {
    const { isReady, session } = this._panel.sessionContext;
    return isReady && (session?.kernel ?? null) === null;
  }

  /**
   * @param isOver whether nobody works any more at the tasks of a cell
   * @param isNews whether that has happened before the eyes of the user
   */
  private _end(isOver: (cell: string) => boolean, isNews: boolean): void {
    const notebook = this._panel.context.model;
    const { dirty } = notebook;
    let changed = false;
    for (const { model } of this._panel.content.widgets) {
      if (!hasOutputs(model) || !isOver(model.id)) {
        continue;
      }
      const outputs = model.outputs.toJSON();
      (Array.isArray(outputs) ? outputs : []).forEach((output, place) => {
        const ended = leftBehind(output);
        if (ended !== null) {
          model.outputs.set(place, ended);
          changed = true;
        }
      });
    }
    if (changed && !isNews) {
      notebook.dirty = dirty;
    }
  }

  private _isDisposed = false;
  private _isThere = false;
  private _model: CellsModel;
  private _panel: NotebookPanel;
}

function hasOutputs<T extends object>(model: T): model is T & IOutputCell {
  return 'outputs' in model;
}
