import type { Camera } from './camera';
import { formatSeconds } from './format';
import type { IPainter, IScene } from './scene';
import { drawText } from './stage-painter';
import { STATE, type TaskTable } from './tasks';
import { SIGN_TEXT } from '../signs/text';

/** Room for the names of engines. */
export const GUTTER = 108;
const AXIS = 24;
const LEAST = 14;
const MOST = 30;

/** What ran where and when: rows are engines. */
export class TimelinePainter implements IPainter {
  readonly zoomsY = false;

  update(table: TaskTable): void {
    if (this._version === table.version) {
      return;
    }
    this._version = table.version;
    this._table = table;
    const numbers = new Set(table.engines.map(engine => engine.engine));
    this._first = this._begin = Infinity;
    this._last = -Infinity;
    for (let row = 0; row < table.rows; row++) {
      this._first = Math.min(this._first, table.submitted[row] ?? 0);
      const start = table.startOf(row);
      if (start > 0) {
        this._begin = Math.min(this._begin, start);
        this._last = Math.max(this._last, table.endOf(row));
        const engine = table.engine[row] ?? -1;
        if (engine >= 0 && !numbers.has(engine)) {
          numbers.add(engine);
        }
      }
    }
    if (table.span !== null) {
      [this._begin, this._last] = table.span;
    }
    this._engines = [...numbers].sort((a, b) => a - b);
    this._laneOf = [];
    this._engines.forEach((engine, lane) => (this._laneOf[engine] = lane));
  }

  fit(camera: Camera, width: number): void {
    // Engines need seconds to start; what is looked at begins with the first task.
    const first = Number.isFinite(this._begin) ? this._begin : 0;
    const span = Math.max(this._last - first, 1e-4);
    camera.scaleX = Math.max(50, width - GUTTER - 16) / (span * 1.02);
    camera.scaleY = 1;
    camera.x = first - span * 0.01;
    camera.y = 0;
  }

  show(camera: Camera, row: number, width: number, height: number): void {
    const table = this._table;
    const start = table?.startOf(row) ?? 0;
    if (table === null || start <= 0) {
      return;
    }
    const end = table.endOf(row);
    const room = width - GUTTER;
    const x0 = camera.toScreenX(start);
    const x1 = camera.toScreenX(end);
    if (x1 < 10 || x0 > room - 10) {
      camera.x = (start + end) / 2 - room / 2 / camera.scaleX;
    }
    const lane = this._laneOf[table.engine[row] ?? -1] ?? 0;
    const y = lane * this._height(height) - camera.y;
    if (y < 0 || y > height - AXIS - LEAST) {
      camera.y = lane * this._height(height) - (height - AXIS) / 2;
    }
  }

  pick(camera: Camera, x: number, y: number): number {
    const table = this._table;
    if (table === null || y < AXIS || x < GUTTER) {
      return -1;
    }
    const lane = Math.floor((y - AXIS + camera.y) / this._lastHeight);
    const engine = this._engines[lane];
    const time = camera.toWorldX(x - GUTTER);
    const reach = 3 / camera.scaleX;
    let nearest = -1;
    let distance = reach;
    for (let row = 0; row < table.rows; row++) {
      const start = table.startOf(row);
      if (start > 0 && table.engine[row] === engine) {
        const away = Math.max(start - time, time - table.endOf(row), 0);
        if (away < distance || (away === 0 && distance === 0)) {
          nearest = row;
          distance = away;
        }
      }
    }
    return nearest;
  }

  restrain(camera: Camera, width: number, height: number): void {
    const room = Math.max(50, width - GUTTER);
    const span = Math.max(this._last - this._first, 1e-4);
    const least = (room * 0.5) / span;
    camera.scaleX = Math.min(Math.max(camera.scaleX, least), 1e8);
    const seen = room / camera.scaleX;
    camera.x = Math.min(
      Math.max(camera.x, this._first - seen * 0.5),
      this._last - seen * 0.5
    );
    camera.scaleY = 1;
    const all = this._engines.length * this._height(height);
    camera.y = Math.min(
      Math.max(camera.y, 0),
      Math.max(0, all - height + AXIS)
    );
  }

  paint(scene: IScene): void {
    const { pen, colours, width, height } = scene;
    const lane = (this._lastHeight = this._height(height));
    pen.fillStyle = colours.background;
    pen.fillRect(0, 0, width, height);
    this._drawLanes(scene, lane);
    this._drawTasks(scene, lane);
    this._drawMarks(scene, lane);
    this._drawNames(scene, lane);
    this._drawAxis(scene);
    this._drawNow(scene);
  }

  /** Height that shows all engines, in pixels. */
  get wanted(): number {
    return AXIS + MOST * Math.max(1, this._engines.length) + 10;
  }

  private _height(height: number): number {
    const room = (height - AXIS - 6) / Math.max(1, this._engines.length);
    return Math.min(Math.max(room, LEAST), MOST);
  }

  private _x(scene: IScene, time: number): number {
    return GUTTER + scene.camera.toScreenX(time);
  }

  private _y(scene: IScene, lane: number, height: number): number {
    return AXIS + lane * height - scene.camera.y;
  }

  /** The times in which each engine was there. */
  private _drawLanes(scene: IScene, height: number): void {
    const { pen, colours, table, width } = scene;
    pen.fillStyle = colours.panel;
    for (const engine of table.engines) {
      const lane = this._laneOf[engine.engine] ?? 0;
      const left = Math.max(GUTTER, this._x(scene, engine.joined));
      const right = Math.min(
        width,
        engine.left === null ? width : this._x(scene, engine.left)
      );
      if (right > left) {
        pen.fillRect(
          left,
          this._y(scene, lane, height) + 1,
          right - left,
          height - 2
        );
      }
    }
  }

  private _drawTasks(scene: IScene, height: number): void {
    const { table, raster, ratio, width, colours, pen, marks } = scene;
    const pixels = colours.functionPixels;
    const failed: number[] = [];
    raster?.begin(Math.ceil(width * ratio), Math.ceil(scene.height * ratio));
    const { isFound } = marks;
    const large: number[] = [];
    // A hundred thousand times with each change: no calls for what has ended.
    const { start: starts, seconds, state } = table;
    const { x: origin, scaleX } = scene.camera;
    for (let row = 0; row < table.rows; row++) {
      let start = starts[row] ?? 0;
      if (start <= 0) {
        continue;
      }
      const lasted = seconds[row] ?? -1;
      let end = start + lasted;
      const code = state[row];
      if (lasted < 0 || code === STATE.running) {
        start = table.startOf(row);
        end = table.endOf(row);
        if (start <= 0) {
          continue;
        }
      }
      const x0 = GUTTER + (start - origin) * scaleX;
      const x1 = GUTTER + (end - origin) * scaleX;
      if (x1 < GUTTER || x0 > width) {
        continue;
      }
      if (raster === null || x1 - x0 > 6) {
        large.push(row);
        continue;
      }
      if (code === STATE.failed) {
        failed.push(row);
        continue;
      }
      const lane = this._laneOf[table.engine[row] ?? -1];
      if (lane !== undefined && (isFound === null || isFound[row] === 1)) {
        const y = this._y(scene, lane, height);
        const colour = pixels[(table.function[row] ?? 0) % pixels.length] ?? 0;
        raster.fill(
          Math.max(x0, GUTTER) * ratio,
          Math.max(AXIS, y + 2) * ratio,
          x1 * ratio,
          Math.max(AXIS, y + height - 2) * ratio,
          colour
        );
      }
    }
    if (raster !== null) {
      scene.flush();
    }
    for (const row of large.slice(0, 20_000)) {
      pen.globalAlpha = isFound === null || isFound[row] === 1 ? 1 : 0.25;
      this._drawSlice(scene, row, height);
    }
    pen.globalAlpha = 1;
    pen.fillStyle = colours.states[STATE.failed];
    for (const row of failed) {
      const lane = this._laneOf[table.engine[row] ?? -1] ?? 0;
      const x = this._x(scene, table.startOf(row));
      pen.fillRect(x - 1, this._y(scene, lane, height) + 1, 3, height - 2);
    }
  }

  private _drawSlice(scene: IScene, row: number, height: number): void {
    const { table, colours, pen, width } = scene;
    const lane = this._laneOf[table.engine[row] ?? -1];
    if (lane === undefined) {
      return;
    }
    const x0 = Math.max(GUTTER, this._x(scene, table.startOf(row)));
    const x1 = Math.min(width, this._x(scene, table.endOf(row)));
    const y = this._y(scene, lane, height) + 2;
    const fun = (table.function[row] ?? 0) % colours.functions.length;
    const code = table.state[row] ?? 0;
    const failed = code === STATE.failed;
    pen.fillStyle = failed
      ? colours.states[STATE.failed]
      : colours.functions[fun];
    const alpha = pen.globalAlpha;
    if (code === STATE.running || code === STATE.cancelled) {
      pen.globalAlpha = alpha * 0.55;
    }
    pen.fillRect(x0, y, Math.max(1, x1 - x0 - 1), height - 4);
    pen.globalAlpha = alpha;
    if (x1 - x0 > 46 && height >= 15) {
      pen.font = `11px ${colours.font}`;
      pen.textAlign = 'left';
      pen.textBaseline = 'middle';
      pen.fillStyle =
        code === STATE.running || code === STATE.cancelled
          ? colours.text
          : colours.onFill;
      const mark = failed
        ? `${SIGN_TEXT.failed} `
        : code === STATE.running
          ? `${SIGN_TEXT.running} `
          : '';
      const text = mark + table.nameOf(row);
      drawText(pen, text, x0 + 5, y + (height - 4) / 2, x1 - x0 - 10);
    }
  }

  private _drawMarks(scene: IScene, height: number): void {
    const { marks, colours, pen, table } = scene;
    const outline = (row: number): void => {
      const start = table.startOf(row);
      const lane = this._laneOf[table.engine[row] ?? -1];
      if (start <= 0 || lane === undefined) {
        return;
      }
      const x0 = Math.max(GUTTER, this._x(scene, start));
      const x1 = Math.max(x0 + 2, this._x(scene, table.endOf(row)));
      if (x0 < scene.width && x1 > GUTTER) {
        const y = this._y(scene, lane, height);
        pen.strokeRect(x0 - 0.5, y + 0.5, x1 - x0, height - 1);
      }
    };
    if (marks.critical !== null) {
      pen.strokeStyle = colours.critical;
      pen.lineWidth = 2;
      marks.critical.slice(0, 4000).forEach(outline);
    }
    if (marks.selected >= 0) {
      pen.strokeStyle = colours.text;
      pen.lineWidth = 2;
      outline(marks.selected);
    }
  }

  /** Where a past run is just now. */
  private _drawNow(scene: IScene): void {
    const { pen, colours, table } = scene;
    if (table.span !== null && table.now < table.span[1]) {
      const x = Math.round(this._x(scene, table.now));
      pen.fillStyle = colours.accent;
      pen.fillRect(x, 0, 2, scene.height);
    }
  }

  private _drawNames(scene: IScene, height: number): void {
    const { pen, colours, table } = scene;
    pen.fillStyle = colours.background;
    pen.fillRect(0, 0, GUTTER, scene.height);
    pen.font = `11px ${colours.font}`;
    pen.textAlign = 'left';
    pen.textBaseline = 'middle';
    const hosts = new Map(table.engines.map(e => [e.engine, e.host]));
    this._engines.forEach((engine, lane) => {
      const y = this._y(scene, lane, height) + height / 2;
      if (y > AXIS && y < scene.height) {
        pen.fillStyle = colours.text;
        const name = `Engine ${engine}`;
        pen.fillText(name, 8, y);
        pen.fillStyle = colours.faint;
        const room = GUTTER - 20 - pen.measureText(name).width;
        const at = 14 + pen.measureText(name).width;
        drawText(pen, hosts.get(engine) ?? '', at, y, room);
      }
    });
  }

  private _drawAxis(scene: IScene): void {
    const { pen, colours, width, height, camera } = scene;
    pen.fillStyle = colours.background;
    pen.fillRect(0, 0, width, AXIS - 1);
    pen.strokeStyle = colours.border;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(0, AXIS - 0.5);
    pen.lineTo(width, AXIS - 0.5);
    pen.stroke();
    const step = roundStep(90 / camera.scaleX);
    const zero = Number.isFinite(this._first) ? this._first : 0;
    const from = Math.max(0, Math.ceil((camera.x - zero) / step));
    pen.fillStyle = colours.faint;
    pen.font = `11px ${colours.font}`;
    pen.textAlign = 'left';
    pen.textBaseline = 'middle';
    for (let tick = from; tick < from + 200; tick++) {
      const x = this._x(scene, zero + tick * step);
      if (x > width) {
        break;
      }
      if (x >= GUTTER) {
        pen.fillStyle = colours.border;
        pen.globalAlpha = 0.45;
        pen.fillRect(Math.round(x), AXIS - 6, 1, height);
        pen.globalAlpha = 1;
        pen.fillStyle = colours.faint;
        pen.fillText(tickLabel(tick * step, step), x + 4, 11);
      }
    }
  }

  private _begin = Infinity;
  private _engines: number[] = [];
  private _first = Infinity;
  private _laneOf: number[] = [];
  private _last = -Infinity;
  private _lastHeight = MOST;
  private _table: TaskTable | null = null;
  private _version = -1;
}

/** A time with as many digits as tell it from the next tick. */
function tickLabel(seconds: number, step: number): string {
  if (seconds === 0 || step >= 1) {
    return seconds === 0 ? '0' : formatSeconds(seconds);
  }
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return `${seconds.toFixed(digits)} s`;
}

/** The least of 1, 2 and 5 times a power of ten (and whole minutes) that is not smaller. */
export function roundStep(least: number): number {
  if (least > 40) {
    const minutes = [60, 120, 300, 600, 1800, 3600, 7200, 18000, 36000, 86400];
    return minutes.find(step => step >= least) ?? 86400;
  }
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find(one => one * power >= least) ?? 10;
  return factor * power;
}
