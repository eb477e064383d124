import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';

import type { CellsModel } from './model';
import { relativesOf } from './relations';

const CELL = '.jp-Cell';

/**
 * Marks the cells from which a cell reads, and those that read from it, while
 * it is looked at: while it has the mouse or, reached by keyboard, the focus.
 *
 * Who types is not disturbed.
 */
export class RelationMarks implements IDisposable {
  constructor(
    panel: NotebookPanel,
    model: CellsModel,
    trans: TranslationBundle
  ) {
    this._panel = panel;
    this._model = model;
    this._trans = trans;
    const { node } = panel.content;
    node.addEventListener('mouseover', this._onOver);
    node.addEventListener('mouseleave', this._onLeave);
    node.addEventListener('focusin', this._onFocus);
    node.addEventListener('focusout', this._onBlur);
    model.changed.connect(this._update, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      const { node } = this._panel.content;
      node.removeEventListener('mouseover', this._onOver);
      node.removeEventListener('mouseleave', this._onLeave);
      node.removeEventListener('focusin', this._onFocus);
      node.removeEventListener('focusout', this._onBlur);
      this._model.changed.disconnect(this._update, this);
      this._marks.forEach(mark => mark.remove());
      this._marks.clear();
    }
  }

  private _onOver = (event: Event): void => this._look('mouse', event.target);
  private _onLeave = (): void => this._look('mouse', null);
  private _onBlur = (): void => this._look('focus', null);
  private _onFocus = ({ target }: Event): void => {
    const isMeant =
      target instanceof Element &&
      (target.closest('.eflows-Strip') !== null ||
        (target.matches(CELL) && target.matches(':focus-visible')));
    this._look('focus', isMeant ? target : null);
  };

  private _look(by: 'mouse' | 'focus', at: EventTarget | null): void {
    const node = at instanceof Element ? at.closest(CELL) : null;
    if (this._looked[by] !== node) {
      this._looked[by] = node;
      this._update();
    }
  }

  private _update(): void {
    const { widgets } = this._panel.content;
    const { cells } = this._model;
    const node = this._looked.mouse ?? this._looked.focus;
    if (node === null && this._marks.size === 0) {
      return;
    }
    const looked =
      node === null || cells.size === 0
        ? undefined
        : widgets.find(widget => widget.node === node);
    const wanted =
      looked === undefined ? new Map() : relativesOf(looked.model.id, cells);
    this._marks.forEach((mark, id) => {
      if (wanted.get(id) !== mark.dataset['relation']) {
        mark.remove();
        this._marks.delete(id);
      }
    });
    if (wanted.size === 0) {
      return;
    }
    for (const widget of widgets) {
      const { id } = widget.model;
      const relation = wanted.get(id);
      if (relation !== undefined) {
        const mark = this._marks.get(id) ?? this._made(relation);
        this._marks.set(id, mark);
        if (mark.parentElement !== widget.node) {
          widget.node.append(mark);
        }
      }
    }
  }

  private _made(relation: 'source' | 'reader'): HTMLElement {
    const mark = document.createElement('div');
    mark.className = `eflows-Relation eflows-mod-${relation}`;
    mark.dataset['testid'] = 'eflows-relation';
    mark.dataset['relation'] = relation;
    mark.textContent =
      relation === 'source'
        ? this._trans.__('↓ is read by the cell')
        : this._trans.__('↑ reads from the cell');
    return mark;
  }

  private _isDisposed = false;
  private _looked: Record<'mouse' | 'focus', Element | null> = {
    mouse: null,
    focus: null
  };
  private _marks = new Map<string, HTMLElement>();
  private _model: CellsModel;
  private _panel: NotebookPanel;
  private _trans: TranslationBundle;
}
