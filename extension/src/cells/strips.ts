import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import { digestOf } from './digest';
import type { CellsModel } from './model';
import type { ICellFacts } from './protocol';
import { consumersOf, staleCells, totalOf, type Staleness } from './relations';
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
        if (this._relatedTo === id) {
          this._relate(id, false); // a pointer never leaves what is gone
        }
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
        cancel: () => this._model.cancel(id),
        relate: on => this._relate(id, on)
      },
      this._trans
    );
    this._strips.set(id, strip);
    return strip;
  }

  /** Mark the cells that a cell reads from, and that read from it. */
  private _relate(id: string, on: boolean): void {
    this._related.forEach(node => node.remove());
    this._related = [];
    this._relatedTo = on ? id : '';
    if (!on) {
      return;
    }
    const { cells } = this._model;
    const sources = new Set(cells.get(id)?.sources);
    const readers = new Set(consumersOf(id, cells));
    for (const widget of this._panel.content.widgets) {
      const other = widget.model.id;
      if (sources.has(other) || readers.has(other)) {
        const mark = document.createElement('div');
        const isSource = sources.has(other);
        mark.className = `eflows-Relation ${isSource ? 'eflows-mod-source' : 'eflows-mod-reader'}`;
        mark.dataset['testid'] = 'eflows-relation';
        mark.textContent = isSource
          ? this._trans.__('↓ is read by the cell')
          : this._trans.__('↑ reads from the cell');
        widget.node.append(mark);
        this._related.push(mark);
      }
    }
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
  private _related: HTMLElement[] = [];
  private _relatedTo = '';
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
