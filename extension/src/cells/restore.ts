import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';

import type { CellsModel } from './model';
import { Prompts, type IPromptCell } from './prompts';
import type { IKeptOutputs } from './protocol';

type Cell = NotebookPanel['content']['widgets'][number];

/** A code cell, as far as its outputs go. */
interface IOutputCell extends IPromptCell {
  readonly outputs: {
    toJSON(): unknown;
    fromJSON(values: readonly unknown[]): void;
  };
}

/**
 * Brings back what cells have shown that ran before this page was loaded.
 *
 * What the page executes itself it shows itself. What was executed before is in
 * the notebook as far as it was saved; what came later, or comes when the cell
 * has long ended, is asked of the kernel.
 *
 * So is what the page that was here before had asked the kernel to execute next.
 *
 * A cell that the page has executed is left alone, whatever the kernel tells:
 * it tells of the execution before until the new one begins, and that may wait
 * for other cells.
 *
 * @param views returns all open notebooks: views of one share what it shows
 */
export class OutputsRestorer implements IDisposable {
  constructor(
    panel: NotebookPanel,
    model: CellsModel,
    views: () => Iterable<NotebookPanel>
  ) {
    this._panel = panel;
    this._model = model;
    this._views = views;
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
    const { before, cells } = this._model;
    const known = [...cells.values()].filter(
      ({ order, asked }) =>
        order <= before || (asked >= 0 && asked * 1000 < performance.timeOrigin)
    );
    const news = known.filter(
      ({ message, written }) => written > (this._shown.get(message) ?? 0)
    );
    const others = known.filter(facts => this._prompts.isNew(facts));
    if (cells.size === 0) {
      this._prompts.clear(); // the kernel begins anew
    }
    if (news.length + others.length === 0) {
      return;
    }
    const here = new Map(
      this._panel.content.widgets.map(({ model }) => [model.id, model])
    );
    const own = this._executedHere();
    for (const facts of others) {
      const model = here.get(facts.cell);
      if (model !== undefined && !own.has(facts.cell) && hasOutputs(model)) {
        this._prompts.show(facts, model);
      }
    }
    const wanted = news.filter(({ cell }) => here.has(cell) && !own.has(cell));
    // What comes until the answer is asked for after it.
    wanted.forEach(({ message, written }) => this._shown.set(message, written));
    if (wanted.length > 0) {
      this._model.askForOutputs(wanted.map(({ cell }) => cell));
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
      this._executedHere().has(kept.cell)
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
  }

  /** The cells whose outputs the page writes itself, in any view of the notebook. */
  private _executedHere(): ReadonlySet<string> {
    const own = new Set<string>();
    for (const view of this._views()) {
      if (view.context === this._panel.context) {
        view.content.widgets
          .filter(isWritten)
          .forEach(widget => own.add(widget.model.id));
      }
    }
    return own;
  }

  private _isDisposed = false;
  private _model: CellsModel;
  private _panel: NotebookPanel;
  private _prompts = new Prompts();
  /** How often the outputs of an execution had changed when they were asked for. */
  private _shown = new Map<string, number>();
  private _views: () => Iterable<NotebookPanel>;
}

/** Whether a request of this page writes into the outputs of a cell, or will. */
function isWritten(widget: Cell): boolean {
  const future = read(
    'outputArea' in widget ? widget.outputArea : null,
    'future'
  );
  // A kernel that ends or begins anew ends its requests.
  return read(future, 'isDisposed') === false;
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
