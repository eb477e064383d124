import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import { digestOf } from './digest';
import type { CellsModel } from './model';
import type { ICellFacts } from './protocol';
import { staleCells, totalOf, type Staleness } from './relations';
import { Strip } from './strip';

type Cell = NotebookPanel['content']['widgets'][number];

const UPDATE_EVERY_MS = 200;

/** What the strips of a notebook can ask for. */
export interface INotebookActions {
  show(task: number): void;
  retry(cell: string): void;
}

/** The strips of one notebook, below the cells that have submitted tasks. */
export class CellStrips implements IDisposable {
  constructor(
    panel: NotebookPanel,
    model: CellsModel,
    actions: INotebookActions,
    trans: TranslationBundle
  ) {
    this._panel = panel;
    this._model = model;
    this._actions = actions;
    this._trans = trans;
    model.changed.connect(this._soon, this);
    panel.content.modelContentChanged.connect(this._soon, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      window.clearTimeout(this._timer);
      this._model.changed.disconnect(this._soon, this);
      this._strips.forEach(strip => strip.node.remove());
      this._strips.clear();
      Signal.clearData(this);
    }
  }

  private _soon(): void {
    if (this._timer === 0 && !this._isDisposed) {
      this._timer = window.setTimeout(() => {
        this._timer = 0;
        this._update();
      }, UPDATE_EVERY_MS);
    }
  }

  private _update(): void {
    const { cells, now, cluster } = this._model;
    const widgets = cells.size > 0 ? this._panel.content.widgets : [];
    const stale = staleCells(
      widgets.map(widget => ({
        id: widget.model.id,
        digest: this._digestOf(widget.model)
      })),
      cells
    );
    const seen = new Set<string>();
    for (const widget of widgets) {
      const { id } = widget.model;
      const facts = cells.get(id);
      if (facts !== undefined && isShown(facts, stale.get(id))) {
        seen.add(id);
        const strip = this._stripOf(id);
        strip.update({ facts, stale: stale.get(id), now, cluster });
        this._place(strip, widget);
      }
    }
    this._strips.forEach((strip, id) => {
      if (!seen.has(id)) {
        strip.node.remove();
        this._strips.delete(id);
      }
    });
  }

  /** Put a strip below the code of its cell, which may not be drawn yet. */
  private _place(strip: Strip, widget: Cell): void {
    if (!this._followed.has(widget)) {
      this._followed.add(widget);
      widget.inViewportChanged.connect(this._soon, this);
    }
    const input = widget.node.querySelector('.jp-Cell-inputWrapper');
    if (input !== null && strip.node.previousElementSibling !== input) {
      input.after(strip.node);
    }
  }

  private _stripOf(id: string): Strip {
    const known = this._strips.get(id);
    if (known !== undefined) {
      return known;
    }
    const strip = new Strip(
      {
        show: () => this._actions.show(this._model.cells.get(id)?.task ?? -1),
        retry: () => this._actions.retry(id),
        cancel: () => this._model.cancel(id)
      },
      this._trans
    );
    this._strips.set(id, strip);
    return strip;
  }

  private _digestOf(model: Cell['model']): number {
    const source = model.sharedModel.getSource();
    const known = this._digests.get(model);
    if (known !== undefined && known.source === source) {
      return known.digest;
    }
    const digest = digestOf(source);
    this._digests.set(model, { source, digest });
    return digest;
  }

  private _actions: INotebookActions;
  private _digests = new WeakMap<
    Cell['model'],
    { readonly source: string; readonly digest: number }
  >();
  private _followed = new WeakSet<Cell>();
  private _isDisposed = false;
  private _model: CellsModel;
  private _panel: NotebookPanel;
  private _strips = new Map<string, Strip>();
  private _timer = 0;
  private _trans: TranslationBundle;
}

/** Cells with tasks have a strip, others when they are not what they would be. */
function isShown(facts: ICellFacts, stale: Staleness | undefined): boolean {
  return (
    totalOf(facts) > 0 ||
    facts.ended === 'refused' ||
    stale === 'inputs' ||
    stale === 'upstream'
  );
}
