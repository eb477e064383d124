import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import type { IPainter } from '../core/scene';
import { Surface } from '../core/surface';
import type { RunModel } from './model';

/** A picture of a run on a canvas. */
export class SurfaceWidget extends Widget {
  readonly surface: Surface;

  /**
   * @param next the row that an arrow key leads to from the selected one
   */
  constructor(
    model: RunModel,
    painter: IPainter,
    label: string,
    next: (row: number, key: string) => number
  ) {
    super();
    this.addClass('eflows-SurfaceWidget');
    this._model = model;
    this.surface = new Surface(painter, {
      table: () => model.table,
      marks: () => model.marks,
      select: row => model.select(row),
      key: event => this._key(event, next)
    });
    const { canvas } = this.surface;
    // A reader of the screen hears of the selected task beside it.
    canvas.setAttribute('role', 'application');
    canvas.setAttribute('aria-label', label);
    this.node.append(canvas);
    model.changed.connect(this._invalidate, this);
    model.revealed.connect((_, row) => this.surface.show(row), this);
  }

  override dispose(): void {
    this._model.changed.disconnect(this._invalidate, this);
    this._model.revealed.disconnect(this._invalidate, this);
    this.surface.dispose();
    super.dispose();
  }

  protected override onAfterShow(_: Message): void {
    this.surface.invalidate();
  }

  private _invalidate(): void {
    if (this.isVisible) {
      this.surface.invalidate();
    }
  }

  private _key(
    event: KeyboardEvent,
    next: (row: number, key: string) => number
  ): boolean {
    if (event.key.startsWith('Arrow')) {
      this._model.select(next(this._model.selected, event.key), {
        reveal: true
      });
      return true;
    }
    if (event.key === 'Escape' && this._model.selected >= 0) {
      this._model.select(-1);
      return true;
    }
    return false;
  }

  private _model: RunModel;
}
