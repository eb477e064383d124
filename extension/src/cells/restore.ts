import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';

import type { CellsModel } from './model';
import type { IKeptOutputs } from './protocol';

type Cell = NotebookPanel['content']['widgets'][number];

/** A code cell, as far as its outputs go. */
interface IOutputCell {
  readonly outputs: {
    toJSON(): unknown;
    fromJSON(values: readonly unknown[]): void;
  };
  executionCount: number | null;
}

/**
 * Brings back what cells have shown that ran before this page was loaded.
 *
 * What the page executes itself it shows itself. What was executed before is in
 * the notebook as far as it was saved; what came later, or comes when the cell
 * has long ended, is asked of the kernel.
 */
export class OutputsRestorer implements IDisposable {
  constructor(panel: NotebookPanel, model: CellsModel) {
    this._panel = panel;
    this._model = model;
    model.changed.connect(this._look, this);
    model.outputs.connect(this._show, this);
    panel.content.modelContentChanged.connect(this._look, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._model.changed.disconnect(this._look, this);
      this._model.outputs.disconnect(this._show, this);
    }
  }

  private _look(): void {
    const wanted: string[] = [];
    for (const widget of this._panel.content.widgets) {
      const { id } = widget.model;
      const facts = this._model.cells.get(id);
      if (
        facts !== undefined &&
        facts.written > (this._shown.get(facts.message) ?? 0) &&
        facts.order <= this._model.before &&
        !isOfThisPage(widget, facts.message)
      ) {
        // What comes until the answer is asked for after it.
        this._shown.set(facts.message, facts.written);
        wanted.push(id);
      }
    }
    if (wanted.length > 0) {
      this._model.askForOutputs(wanted);
    }
  }

  private _show(_: CellsModel, kept: IKeptOutputs): void {
    const widget = this._panel.content.widgets.find(
      one => one.model.id === kept.cell
    );
    const isWanted =
      this._shown.has(kept.message) &&
      this._model.cells.get(kept.cell)?.message === kept.message;
    if (
      widget === undefined ||
      !isWanted ||
      isOfThisPage(widget, kept.message)
    ) {
      return;
    }
    const { model } = widget;
    if (!hasOutputs(model)) {
      return;
    }
    this._shown.set(kept.message, kept.written);
    if (!isSame(model.outputs.toJSON(), kept.outputs)) {
      model.outputs.fromJSON(kept.outputs);
    }
    if (kept.count > 0 && model.executionCount !== kept.count) {
      model.executionCount = kept.count;
    }
  }

  private _isDisposed = false;
  private _model: CellsModel;
  private _panel: NotebookPanel;
  /** How often the outputs of an execution had changed when they were asked for. */
  private _shown = new Map<string, number>();
}

/** Whether the page shows the outputs of an execution itself. */
function isOfThisPage(widget: Cell, message: string): boolean {
  const area: unknown = 'outputArea' in widget ? widget.outputArea : null;
  const future = read(area, 'future');
  return read(read(read(future, 'msg'), 'header'), 'msg_id') === message;
}

function hasOutputs(model: object): model is IOutputCell {
  return 'outputs' in model && 'executionCount' in model;
}

function read(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && key in value
    ? (value as Record<string, unknown>)[key]
    : null;
}

/** Whether outputs are the same; text may stand in one piece or in lines. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one, sorted) === JSON.stringify(other, sorted);
}

function sorted(_: string, value: unknown): unknown {
  if (Array.isArray(value) && value.every(part => typeof part === 'string')) {
    return value.join('');
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
      )
    : value;
}
