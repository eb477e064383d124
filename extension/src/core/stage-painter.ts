import type { Camera } from './camera';
import { formatCount, formatSeconds, oneLine } from './format';
import { drawGlyph } from './glyphs';
import type { IPainter, IScene } from './scene';
import { StageLayout, type IStage } from './stages';
import { STATE, type TaskTable } from './tasks';

/** Below this height in pixels a task is a few pixels of its colour. */
const RASTER_BELOW = 11;
/** More tasks than this in sight, and arrows are drawn between stages. */
const TASK_ARROWS = 1500;
const ARROWS = 2500;
/** How far the name of a stage may stand out of it. */
const LABEL_OVERHANG = 60;

/** The task graph from left to right, in stages. */
export class StagePainter implements IPainter {
  readonly layout = new StageLayout();
  readonly zoomsY = true;

  update(table: TaskTable): void {
    this.layout.update(table);
  }

  fit(camera: Camera, width: number, height: number): void {
    const { layout } = this;
    const across = Math.max(1, layout.right - layout.left);
    const down = Math.max(1, layout.bottom - layout.top);
    const scale = Math.min((width - 48) / across, (height - 72) / down, 1);
    camera.scaleX = camera.scaleY = Math.max(scale, 1e-9);
    camera.x = layout.left + across / 2 - width / 2 / camera.scaleX;
    camera.y = layout.top + down / 2 - (height + 16) / 2 / camera.scaleY;
  }

  show(camera: Camera, row: number, width: number, height: number): void {
    const cell = this.layout.cellOf(row);
    const scale = Math.max(camera.scaleX, Math.min(1, 16 / cell.height));
    camera.scaleX = camera.scaleY = scale;
    const x = camera.toScreenX(cell.x);
    const y = camera.toScreenY(cell.y);
    if (x < 20 || x > width - 150 || y < 30 || y > height - 40) {
      camera.x = cell.x + cell.width / 2 - width / 2 / scale;
      camera.y = cell.y + cell.height / 2 - height / 2 / scale;
    }
  }

  pick(camera: Camera, x: number, y: number): number {
    return this.layout.at(camera.toWorldX(x), camera.toWorldY(y));
  }

  restrain(camera: Camera, width: number, height: number): void {
    const { layout } = this;
    const scale = Math.min(Math.max(camera.scaleX, 1e-7), 8);
    camera.scaleX = camera.scaleY = scale;
    const seenX = width / scale;
    const seenY = height / scale;
    camera.x = clamp(
      camera.x,
      layout.left - seenX * 0.8,
      layout.right - seenX * 0.2
    );
    camera.y = clamp(
      camera.y,
      layout.top - seenY * 0.8,
      layout.bottom - seenY * 0.2
    );
  }

  paint(scene: IScene): void {
    const { pen, colours, width, height, table } = scene;
    pen.fillStyle = colours.background;
    pen.fillRect(0, 0, width, height);
    const visible = this._visible(scene);
    const tasks = visible.reduce((sum, stage) => sum + stage.rows.length, 0);
    const close =
      tasks <= TASK_ARROWS &&
      visible.every(stage => stage.cellHeight * scene.camera.scaleY >= 6);
    if (close) {
      this._drawTaskArrows(scene, visible);
    } else {
      this._drawStageArrows(scene);
    }
    this._drawBoxes(scene, visible);
    this._drawCells(scene, visible);
    this._drawLabels(scene, visible, table);
    this._drawMarks(scene);
  }

  /** The stages in sight. */
  private _visible(scene: IScene): IStage[] {
    const { camera } = scene;
    const { layout } = this;
    const right = camera.toWorldX(scene.width);
    const top = camera.toWorldY(0);
    const bottom = camera.toWorldY(scene.height);
    const visible: IStage[] = [];
    const first = Math.max(0, layout.levelAt(camera.x));
    for (let index = first; index < layout.levels.length; index++) {
      const level = layout.levels[index];
      if (level === undefined || level.x > right) {
        break;
      }
      for (const number of level.stages) {
        const stage = layout.stages[number];
        if (
          stage !== undefined &&
          stage.y <= bottom &&
          stage.y + stage.height >= top
        ) {
          visible.push(stage);
        }
      }
    }
    return visible;
  }

  private _drawTaskArrows(scene: IScene, visible: readonly IStage[]): void {
    const { pen, colours, table, camera } = scene;
    pen.strokeStyle = colours.line;
    pen.lineWidth = 1;
    pen.globalAlpha = 0.55;
    pen.beginPath();
    let left = ARROWS;
    for (const stage of visible) {
      for (const row of stage.rows) {
        for (const parent of table.parentsOf(row)) {
          if (left-- <= 0) {
            break;
          }
          this._arrow(scene, parent, row);
        }
      }
    }
    pen.stroke();
    pen.globalAlpha = 1;
    if (camera.scaleX > 0.45) {
      this._drawHeads(scene, visible);
    }
  }

  private _drawHeads(scene: IScene, visible: readonly IStage[]): void {
    const { pen, colours, camera, table } = scene;
    pen.fillStyle = colours.line;
    pen.beginPath();
    for (const stage of visible) {
      for (const row of stage.rows) {
        if (table.parentsOf(row).length > 0) {
          const cell = this.layout.cellOf(row);
          const x = camera.toScreenX(cell.x);
          const y = camera.toScreenY(cell.y + cell.height / 2);
          pen.moveTo(x, y);
          pen.lineTo(x - 6, y - 3.5);
          pen.lineTo(x - 6, y + 3.5);
        }
      }
    }
    pen.fill();
  }

  /** Add the way from one task to another to the path. */
  private _arrow(scene: IScene, from: number, to: number): void {
    const { pen, camera } = scene;
    const a = this.layout.cellOf(from);
    const b = this.layout.cellOf(to);
    curve(
      pen,
      camera.toScreenX(a.x + a.width),
      camera.toScreenY(a.y + a.height / 2),
      camera.toScreenX(b.x),
      camera.toScreenY(b.y + b.height / 2)
    );
  }

  private _drawStageArrows(scene: IScene): void {
    const { pen, colours, camera, width, height } = scene;
    const { stages, edges } = this.layout;
    pen.strokeStyle = colours.line;
    pen.globalAlpha = 0.6;
    let left = ARROWS;
    for (const edge of edges) {
      const a = stages[edge.from];
      const b = stages[edge.to];
      if (a === undefined || b === undefined || left <= 0) {
        continue;
      }
      const x0 = camera.toScreenX(a.x + a.width);
      const x1 = camera.toScreenX(b.x);
      const y0 = camera.toScreenY(a.y + a.height / 2);
      const y1 = camera.toScreenY(b.y + b.height / 2);
      if (
        x1 - x0 < 3 ||
        x1 < 0 ||
        x0 > width ||
        Math.max(y0, y1) < 0 ||
        Math.min(y0, y1) > height
      ) {
        continue;
      }
      left--;
      pen.lineWidth = Math.min(1 + Math.log10(edge.count), 6);
      pen.beginPath();
      curve(pen, x0, y0, x1, y1);
      pen.stroke();
    }
    pen.globalAlpha = 1;
  }

  private _drawBoxes(scene: IScene, visible: readonly IStage[]): void {
    const { pen, colours, camera } = scene;
    for (const stage of visible) {
      const width = stage.width * camera.scaleX;
      const height = stage.height * camera.scaleY;
      if (stage.rows.length < 2 || width < 4) {
        continue;
      }
      const x = camera.toScreenX(stage.x);
      const y = camera.toScreenY(stage.y);
      pen.fillStyle = colours.panel;
      pen.fillRect(x, y, width, height);
      pen.strokeStyle = colours.border;
      pen.lineWidth = 1;
      pen.strokeRect(
        Math.round(x) + 0.5,
        Math.round(y) + 0.5,
        Math.round(width) - 1,
        Math.round(height) - 1
      );
    }
  }

  private _drawCells(scene: IScene, visible: readonly IStage[]): void {
    const { camera, raster } = scene;
    const shapes: IStage[] = [];
    const pixels: IStage[] = [];
    for (const stage of visible) {
      const small = stage.cellHeight * camera.scaleY < RASTER_BELOW;
      (small && raster !== null ? pixels : shapes).push(stage);
    }
    if (pixels.length > 0) {
      this._rasterise(scene, pixels);
    }
    shapes.forEach(stage => this._drawShapes(scene, stage));
  }

  private _rasterise(scene: IScene, stages: readonly IStage[]): void {
    const { raster, ratio, camera, colours, table } = scene;
    if (raster === null) {
      return;
    }
    raster.begin(
      Math.ceil(scene.width * ratio),
      Math.ceil(scene.height * ratio)
    );
    const pixels = colours.statePixels;
    const { state } = table;
    const { isFound } = scene.marks;
    const failed: [number, number][] = [];
    for (const stage of stages) {
      const scaleX = camera.scaleX * ratio;
      const scaleY = camera.scaleY * ratio;
      const pitchX = (stage.cellWidth + stage.cellGap) * scaleX;
      const pitchY = (stage.cellHeight + stage.cellGap) * scaleY;
      const left = (stage.x + stage.margin - camera.x) * scaleX;
      const top = (stage.y + stage.margin - camera.y) * scaleY;
      // Without a gap where it would be less than a pixel.
      const width = pitchX < 3 ? pitchX : stage.cellWidth * scaleX;
      const height = pitchY < 3 ? pitchY : stage.cellHeight * scaleY;
      const { perColumn, rows } = stage;
      const columns = Math.ceil(rows.length / perColumn);
      const begin = Math.max(0, Math.floor((-left - width) / pitchX));
      const end = Math.min(columns, Math.ceil((raster.width - left) / pitchX));
      const above = Math.max(0, Math.floor((-top - height) / pitchY));
      const below = Math.min(
        perColumn,
        Math.ceil((raster.height - top) / pitchY)
      );
      for (let column = begin; column < end; column++) {
        const x = left + column * pitchX;
        for (let line = above; line < below; line++) {
          const row = rows[column * perColumn + line];
          if (row === undefined) {
            break;
          }
          if (isFound !== null && isFound[row] !== 1) {
            continue;
          }
          const code = state[row] ?? 0;
          const y = top + line * pitchY;
          if (code === STATE.failed && pitchY < 4) {
            failed.push([x, y]); // on top of its neighbours, and never too small
            continue;
          }
          raster.fill(x, y, x + width, y + height, pixels[code] ?? 0);
        }
      }
    }
    for (const [x, y] of failed) {
      raster.fill(
        x,
        y,
        x + 2 * ratio,
        y + 2 * ratio,
        pixels[STATE.failed] ?? 0
      );
    }
    scene.flush();
  }

  private _drawShapes(scene: IScene, stage: IStage): void {
    const { pen, colours, camera, table, marks } = scene;
    const scale = camera.scaleY;
    const width = stage.cellWidth * camera.scaleX;
    const height = stage.cellHeight * scale;
    const alone = stage.rows.length === 1;
    const { isFound } = marks;
    pen.textBaseline = 'middle';
    pen.textAlign = 'left';
    for (const [x, y, row] of cellsInSight(scene, stage)) {
      const code = table.state[row] ?? 0;
      const filled = code >= STATE.running && code !== STATE.sent;
      pen.globalAlpha = isFound === null || isFound[row] === 1 ? 1 : 0.3;
      pen.fillStyle = filled ? colours.states[code] : colours.background;
      pen.fillRect(x, y, width, height);
      if (!filled) {
        const edge = code === STATE.sent ? STATE.running : STATE.ready;
        pen.strokeStyle = colours.states[edge];
        pen.lineWidth = 1;
        pen.setLineDash(code === STATE.waiting ? [3, 3] : []);
        pen.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
        pen.setLineDash([]);
      }
      const ink = filled ? colours.onFill : colours.text;
      const glyph = Math.min(10, height * 0.5);
      const wide = width > 44;
      if (height >= RASTER_BELOW) {
        pen.strokeStyle = pen.fillStyle = ink;
        pen.lineWidth = 1.6;
        const middle = wide ? x + 5 + glyph : x + width / 2;
        drawGlyph(pen, code, middle, y + height / 2, glyph);
      }
      if (wide && height >= 12) {
        pen.fillStyle = ink;
        pen.font = `${height < 16 ? 10 : 11}px ${colours.font}`;
        const room = width - 14 - 2 * glyph;
        let text = alone ? table.nameOf(row) : cellText(table, row);
        if (!alone && pen.measureText(text).width > room) {
          text = `#${table.task[row] ?? 0}`; // half a number would mislead
        }
        drawText(pen, text, x + 10 + 2 * glyph, y + height / 2, room);
      }
    }
    pen.globalAlpha = 1;
  }

  private _drawLabels(
    scene: IScene,
    visible: readonly IStage[],
    table: TaskTable
  ): void {
    const { pen, colours, camera } = scene;
    pen.textAlign = 'left';
    pen.textBaseline = 'alphabetic';
    pen.font = `600 12px ${colours.font}`;
    const lowest = new Map<number, number>();
    for (const stage of visible) {
      const room = Math.max(stage.width, stage.cellWidth) * camera.scaleX;
      const x = camera.toScreenX(stage.x);
      const y = camera.toScreenY(stage.y) - 5;
      const above = lowest.get(stage.level) ?? -Infinity;
      if (stage.rows.length < 2 || room < 36 || y - 12 < above) {
        continue;
      }
      lowest.set(stage.level, y + stage.height * camera.scaleY + 5);
      pen.fillStyle = colours.text;
      const name = oneLine(table.functions[stage.function] ?? '', 60);
      const count = ` × ${formatCount(stage.rows.length)}`;
      const whole = room + LABEL_OVERHANG * camera.scaleX;
      const counted = pen.measureText(name + count).width <= whole;
      if (y < 14) {
        // It stays in sight, on top of its tasks.
        const wide = Math.min(whole, pen.measureText(name + count).width);
        pen.fillStyle = colours.background;
        pen.globalAlpha = 0.85;
        pen.fillRect(x, 0, wide + 6, 19);
        pen.globalAlpha = 1;
        pen.fillStyle = colours.text;
      }
      const drawn = drawText(pen, name, x, Math.max(y, 14), whole);
      if (counted) {
        pen.fillStyle = colours.faint;
        pen.fillText(count, x + drawn, Math.max(y, 14));
      }
    }
  }

  private _drawMarks(scene: IScene): void {
    const { pen, colours, marks, table } = scene;
    if (marks.critical !== null) {
      pen.strokeStyle = colours.critical;
      pen.lineWidth = 2.5;
      pen.beginPath();
      marks.critical.forEach((row, place) => {
        const before = marks.critical?.[place - 1];
        if (before !== undefined) {
          this._arrow(scene, before, row);
        }
      });
      pen.stroke();
      this._outline(scene, marks.critical.slice(0, 4000), 2);
    }
    if (marks.found !== null) {
      pen.strokeStyle = colours.accent;
      this._outline(scene, marks.found.subarray(0, 4000), 1.5);
    }
    if (marks.selected >= 0 && marks.selected < table.rows) {
      pen.strokeStyle = colours.accent;
      pen.lineWidth = 1.8;
      pen.beginPath();
      for (const parent of table.parentsOf(marks.selected).slice(0, 500)) {
        this._arrow(scene, parent, marks.selected);
      }
      for (const child of this._childrenOf(table, marks.selected)) {
        this._arrow(scene, marks.selected, child);
      }
      pen.stroke();
      pen.strokeStyle = colours.text;
      this._outline(scene, [marks.selected], 2.5);
    }
  }

  private _outline(
    scene: IScene,
    rows: Iterable<number>,
    lineWidth: number
  ): void {
    const { pen, camera } = scene;
    pen.lineWidth = lineWidth;
    for (const row of rows) {
      const cell = this.layout.cellOf(row);
      const x = camera.toScreenX(cell.x);
      const y = camera.toScreenY(cell.y);
      if (x < scene.width && y < scene.height && x > -200 && y > -200) {
        const width = Math.max(cell.width * camera.scaleX, 4);
        const height = Math.max(cell.height * camera.scaleY, 4);
        pen.strokeRect(x - 1, y - 1, width + 2, height + 2);
      }
    }
  }

  private _childrenOf(table: TaskTable, row: number): readonly number[] {
    if (this._childrenRow !== row || this._childrenVersion !== table.rows) {
      this._childrenRow = row;
      this._childrenVersion = table.rows;
      this._children = table.childrenOf(row).slice(0, 500);
    }
    return this._children;
  }

  private _children: readonly number[] = [];
  private _childrenRow = -1;
  private _childrenVersion = -1;
}

function cellText(table: TaskTable, row: number): string {
  const start = table.startOf(row);
  const number = `#${table.task[row] ?? 0}`;
  return start > 0
    ? `${number}  ${formatSeconds(table.endOf(row) - start)}`
    : number;
}

/** Left upper corner and row of those cells of a stage that can be seen. */
function* cellsInSight(
  scene: IScene,
  stage: IStage
): Generator<[number, number, number]> {
  const { camera } = scene;
  const pitchX = (stage.cellWidth + stage.cellGap) * camera.scaleX;
  const pitchY = (stage.cellHeight + stage.cellGap) * camera.scaleY;
  const left = camera.toScreenX(stage.x + stage.margin);
  const top = camera.toScreenY(stage.y + stage.margin);
  const columns = Math.ceil(stage.rows.length / stage.perColumn);
  const begin = Math.max(0, Math.floor(-left / pitchX));
  const end = Math.min(columns, Math.ceil((scene.width - left) / pitchX));
  const above = Math.max(0, Math.floor(-top / pitchY));
  const below = Math.min(
    stage.perColumn,
    Math.ceil((scene.height - top) / pitchY)
  );
  for (let column = begin; column < end; column++) {
    for (let line = above; line < below; line++) {
      const row = stage.rows[column * stage.perColumn + line];
      if (row !== undefined) {
        yield [left + column * pitchX, top + line * pitchY, row];
      }
    }
  }
}

/** Draw text into so much room; return how wide it is. */
export function drawText(
  pen: IScene['pen'],
  text: string,
  x: number,
  y: number,
  room: number
): number {
  let shown = oneLine(text, 80);
  let width = pen.measureText(shown).width;
  if (width > room) {
    const fits = Math.floor((shown.length * room) / width) - 1;
    if (fits < 2) {
      return 0;
    }
    shown = oneLine(shown, fits);
    width = pen.measureText(shown).width;
  }
  pen.fillText(shown, x, y);
  return width;
}

/** Add a curve from left to right to the path. */
export function curve(
  pen: IScene['pen'],
  x0: number,
  y0: number,
  x1: number,
  y1: number
): void {
  const bend = Math.max(12, (x1 - x0) / 2);
  pen.moveTo(x0, y0);
  pen.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
