import { Camera } from './camera';
import { readColours, type IColours } from './colours';
import { SvgPen, type IPen } from './pen';
import { Raster } from './raster';
import type { IMarks, IPainter } from './scene';
import type { TaskTable } from './tasks';

/** What a surface shows, and whom it tells. */
export interface ISurfaceOptions {
  readonly table: () => TaskTable;
  readonly marks: () => IMarks;
  /** A row was chosen, -1 for none. */
  readonly select: (row: number) => void;
  /** A key was pressed that the surface does not know; whether it was used. */
  readonly key: (event: KeyboardEvent) => boolean;
}

const PAN_STEP = 60;
const ZOOM_STEP = 1.25;

/** A canvas that a painter draws on, moved by mouse, touch and keyboard. */
export class Surface {
  readonly canvas = document.createElement('canvas');
  readonly camera = new Camera();

  constructor(painter: IPainter, options: ISurfaceOptions) {
    this._painter = painter;
    this._options = options;
    const { canvas } = this;
    canvas.tabIndex = 0;
    canvas.className = 'eflows-Surface';
    canvas.addEventListener('wheel', this._onWheel, { passive: false });
    canvas.addEventListener('pointerdown', this._onDown);
    canvas.addEventListener('pointermove', this._onMove);
    canvas.addEventListener('pointerup', this._onUp);
    canvas.addEventListener('pointercancel', this._onUp);
    canvas.addEventListener('dblclick', this._onDouble);
    canvas.addEventListener('keydown', this._onKey);
    this._observer = new ResizeObserver(() => this._resize());
    this._observer.observe(canvas);
  }

  get painter(): IPainter {
    return this._painter;
  }

  set painter(painter: IPainter) {
    if (painter !== this._painter) {
      this._painter = painter;
      this.fit();
    }
  }

  dispose(): void {
    this._observer.disconnect();
    cancelAnimationFrame(this._frame);
    this.canvas.remove();
  }

  /** Draw anew with the next frame. */
  invalidate(): void {
    if (this._frame === 0) {
      this._frame = requestAnimationFrame(() => {
        this._frame = 0;
        this.paint();
      });
    }
  }

  /** The theme is another one. */
  restyle(): void {
    this._colours = null;
    this.invalidate();
  }

  /** See everything, and go on doing so while it grows. */
  fit(): void {
    this._moved = false;
    this.invalidate();
  }

  zoom(factor: number): void {
    this._zoomAt(this._width / 2, this._height / 2, factor);
  }

  /** See a row. */
  show(row: number): void {
    if (row < 0 || this._width === 0) {
      return;
    }
    this._painter.update(this._options.table());
    if (!this._moved) {
      this._painter.fit(this.camera, this._width, this._height);
    }
    const { x, y, scaleX } = this.camera;
    this._painter.show(this.camera, row, this._width, this._height);
    this._moved ||=
      x !== this.camera.x ||
      y !== this.camera.y ||
      scaleX !== this.camera.scaleX;
    this.invalidate();
  }

  /** Draw now. */
  paint(): void {
    const context = this._context;
    if (context === null || this._width < 2 || this._height < 2) {
      return;
    }
    const table = this._options.table();
    this._painter.update(table);
    if (!this._moved) {
      this._painter.fit(this.camera, this._width, this._height);
    }
    const ratio = this._ratio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this._painter.paint({
      pen: context as unknown as IPen,
      raster: this._raster,
      flush: () => this._raster.end(context),
      ratio,
      width: this._width,
      height: this._height,
      camera: this.camera,
      colours: (this._colours ??= readColours(this.canvas)),
      table,
      marks: this._options.marks()
    });
  }

  /** What is seen, as an SVG document. */
  toSvg(): string {
    const pen = new SvgPen(this._width, this._height);
    this._painter.paint({
      pen,
      raster: null,
      flush: () => undefined,
      ratio: 1,
      width: this._width,
      height: this._height,
      camera: this.camera,
      colours: (this._colours ??= readColours(this.canvas)),
      table: this._options.table(),
      marks: this._options.marks()
    });
    return pen.toString();
  }

  private _resize(): void {
    const { canvas } = this;
    this._ratio = window.devicePixelRatio || 1;
    this._width = canvas.clientWidth;
    this._height = canvas.clientHeight;
    canvas.width = Math.round(this._width * this._ratio);
    canvas.height = Math.round(this._height * this._ratio);
    this.paint();
  }

  /** Let the user have the camera, which may not have seen everything yet. */
  private _hold(): void {
    if (!this._moved) {
      this._painter.update(this._options.table());
      this._painter.fit(this.camera, this._width, this._height);
      this._moved = true;
    }
  }

  private _zoomAt(x: number, y: number, factor: number): void {
    this._hold();
    const factorY = this._painter.zoomsY ? factor : 1;
    this.camera.zoom(x - this._inset, y, factor, factorY);
    this._painter.restrain(this.camera, this._width, this._height);
    this.invalidate();
  }

  private _pan(dx: number, dy: number): void {
    this._hold();
    this.camera.pan(dx, dy);
    this._painter.restrain(this.camera, this._width, this._height);
    this.invalidate();
  }

  /** Left of what moves with the camera. */
  inset = 0;

  private get _inset(): number {
    return this.inset;
  }

  private _onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (event.shiftKey) {
      this._pan(-(event.deltaX || event.deltaY) * unit, 0);
      return;
    }
    const factor = Math.exp(-event.deltaY * unit * 0.0016);
    this._zoomAt(event.offsetX, event.offsetY, factor);
  };

  private _onDown = (event: PointerEvent): void => {
    this.canvas.setPointerCapture(event.pointerId);
    this._drag = { x: event.clientX, y: event.clientY, far: false };
  };

  private _onMove = (event: PointerEvent): void => {
    const drag = this._drag;
    if (drag === null) {
      return;
    }
    const dx = event.clientX - drag.x;
    const dy = event.clientY - drag.y;
    if (drag.far || Math.hypot(dx, dy) > 4) {
      this._drag = { x: event.clientX, y: event.clientY, far: true };
      this._pan(dx, dy);
    }
  };

  private _onUp = (event: PointerEvent): void => {
    if (this._drag !== null && !this._drag.far) {
      const { left, top } = this.canvas.getBoundingClientRect();
      const x = event.clientX - left;
      const y = event.clientY - top;
      this._options.select(this._painter.pick(this.camera, x, y));
    }
    this._drag = null;
  };

  private _onDouble = (event: MouseEvent): void => {
    this._zoomAt(event.offsetX, event.offsetY, 2.5);
  };

  private _onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (this._move(event) || this._options.key(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  private _move(event: KeyboardEvent): boolean {
    if (event.shiftKey && event.key.startsWith('Arrow')) {
      const dx = { ArrowLeft: PAN_STEP, ArrowRight: -PAN_STEP }[event.key] ?? 0;
      const dy = { ArrowUp: PAN_STEP, ArrowDown: -PAN_STEP }[event.key] ?? 0;
      this._pan(dx, dy);
      return true;
    }
    switch (event.key) {
      case '+':
      case '=':
        this.zoom(ZOOM_STEP);
        return true;
      case '-':
        this.zoom(1 / ZOOM_STEP);
        return true;
      case '0':
        this.fit();
        return true;
      default:
        return false;
    }
  }

  private _colours: IColours | null = null;
  private _context = this.canvas.getContext('2d', { alpha: false });
  private _drag: { x: number; y: number; far: boolean } | null = null;
  private _frame = 0;
  private _height = 0;
  private _moved = false;
  private _observer: ResizeObserver;
  private _options: ISurfaceOptions;
  private _painter: IPainter;
  private _raster = new Raster();
  private _ratio = 1;
  private _width = 0;
}
