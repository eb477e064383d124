import type { Camera } from './camera';
import { formatCount, formatSeconds } from './format';
import type { IPainter, IScene } from './scene';
import { curve, drawText } from './stage-painter';
import { StageLayout } from './stages';
import { STATE, STATE_COUNT, type TaskTable } from './tasks';
import { BAR_ORDER } from '../session/protocol';

const WIDTH = 208;
const HEIGHT = 66;
const GAP_X = 88;
const GAP_Y = 40;

interface INode {
  readonly function: number;
  count: number;
  /** Mean level of its tasks. */
  level: number;
  ran: number;
  seconds: number;
  column: number;
  x: number;
  y: number;
}

interface IEdge {
  readonly from: INode;
  readonly to: INode;
  count: number;
}

/** The task graph with one box for each function: what people read first. */
export class FunctionPainter implements IPainter {
  readonly zoomsY = true;

  constructor(layout: StageLayout) {
    this._layout = layout;
  }

  /** How many functions there are. */
  get size(): number {
    return this._nodes.length;
  }

  update(table: TaskTable): void {
    this._layout.update(table);
    if (this._version === table.version) {
      return;
    }
    this._version = table.version;
    this._table = table;
    this._collect(table);
    this._place();
  }

  fit(camera: Camera, width: number, height: number): void {
    const scaleOf = (across: number, down: number): number =>
      Math.min((width - 60) / across, (height - 60) / down, 1.15);
    const long = this._columns.length * (WIDTH + GAP_X) - GAP_X;
    const most = Math.max(1, ...this._columns.map(column => column.length));
    const flat = scaleOf(long, most * (HEIGHT + GAP_Y) - GAP_Y);
    const upright = scaleOf(
      most * (WIDTH + GAP_Y) - GAP_Y,
      this._columns.length * (HEIGHT + GAP_Y) - GAP_Y
    );
    if (this._isUpright !== upright > flat * 1.15) {
      this._isUpright = !this._isUpright;
      this._arrange();
    }
    const scale = Math.max(flat, upright * Number(this._isUpright), 0.02);
    camera.scaleX = camera.scaleY = scale;
    camera.x = (this._left + this._right) / 2 - width / 2 / scale;
    camera.y = (this._top + this._bottom) / 2 - height / 2 / scale;
  }

  show(camera: Camera, row: number, width: number, height: number): void {
    const node = this._nodes.find(
      one => one.function === this._table?.function[row]
    );
    if (node === undefined) {
      return;
    }
    const x = camera.toScreenX(node.x);
    const y = camera.toScreenY(node.y);
    if (x < 0 || y < 0 || x > width - 100 || y > height - 40) {
      camera.x = node.x + WIDTH / 2 - width / 2 / camera.scaleX;
      camera.y = node.y + HEIGHT / 2 - height / 2 / camera.scaleY;
    }
  }

  /** Of the function's tasks one that failed, or that runs, or the last one. */
  pick(camera: Camera, x: number, y: number): number {
    const worldX = camera.toWorldX(x);
    const worldY = camera.toWorldY(y);
    const node = this._nodes.find(
      one =>
        worldX >= one.x &&
        worldX <= one.x + WIDTH &&
        worldY >= one.y &&
        worldY <= one.y + HEIGHT
    );
    const table = this._table;
    if (node === undefined || table === null) {
      return -1;
    }
    let best = -1;
    let rank = -1;
    for (let row = 0; row < table.rows; row++) {
      if (table.function[row] === node.function) {
        const state = table.state[row];
        const now =
          state === STATE.failed ? 2 : state === STATE.running ? 1 : 0;
        if (now > rank || (now === rank && now === 0)) {
          best = row;
          rank = now;
        }
      }
    }
    return best;
  }

  restrain(camera: Camera, width: number, height: number): void {
    const scale = Math.min(Math.max(camera.scaleX, 0.02), 4);
    camera.scaleX = camera.scaleY = scale;
    const seenX = width / scale;
    const seenY = height / scale;
    camera.x = Math.min(
      Math.max(camera.x, this._left - seenX * 0.8),
      this._right - seenX * 0.2
    );
    camera.y = Math.min(
      Math.max(camera.y, this._top - seenY * 0.8),
      this._bottom - seenY * 0.2
    );
  }

  paint(scene: IScene): void {
    const { pen, colours, width, height } = scene;
    pen.fillStyle = colours.background;
    pen.fillRect(0, 0, width, height);
    this._edges.forEach(edge => this._drawEdge(scene, edge));
    this._nodes.forEach(node => this._drawNode(scene, node));
  }

  private _collect(table: TaskTable): void {
    const nodes = new Map<number, INode>();
    const node = (fun: number): INode => {
      const known = nodes.get(fun);
      if (known !== undefined) {
        return known;
      }
      const made: INode = {
        function: fun,
        count: 0,
        level: 0,
        ran: 0,
        seconds: 0,
        column: 0,
        x: 0,
        y: 0
      };
      nodes.set(fun, made);
      return made;
    };
    for (const stage of this._layout.stages) {
      const one = node(stage.function);
      one.count += stage.rows.length;
      one.level += stage.level * stage.rows.length;
    }
    for (let row = 0; row < table.rows; row++) {
      const seconds = table.seconds[row] ?? -1;
      const one = nodes.get(table.function[row] ?? -1);
      if (one !== undefined && seconds >= 0) {
        one.ran++;
        one.seconds += seconds;
      }
    }
    nodes.forEach(one => (one.level /= Math.max(1, one.count)));
    const edges = new Map<string, IEdge>();
    for (const { from, to, count } of this._layout.edges) {
      const a = node(this._layout.stages[from]?.function ?? 0);
      const b = node(this._layout.stages[to]?.function ?? 0);
      const key = `${a.function} ${b.function}`;
      const known = edges.get(key);
      if (known === undefined) {
        edges.set(key, { from: a, to: b, count });
      } else {
        known.count += count;
      }
    }
    this._nodes = [...nodes.values()].sort(
      (a, b) => a.level - b.level || a.function - b.function
    );
    this._edges = [...edges.values()];
  }

  /** Each function stands right of those before it that it reads from. */
  private _place(): void {
    const columns: INode[][] = [];
    this._nodes.forEach((node, place) => {
      node.column = 0;
      for (const edge of this._edges) {
        const before = this._nodes.indexOf(edge.from);
        if (edge.to === node && before < place) {
          node.column = Math.max(node.column, edge.from.column + 1);
        }
      }
      (columns[node.column] ??= []).push(node);
    });
    this._columns = columns;
    this._arrange();
  }

  /** Give each box its place: columns from left to right, or as lines from top to bottom. */
  private _arrange(): void {
    const upright = this._isUpright;
    const across = WIDTH + (upright ? GAP_Y : GAP_X);
    const down = HEIGHT + GAP_Y;
    this._left = this._top = Infinity;
    this._right = this._bottom = -Infinity;
    this._columns.forEach((column, index) => {
      column.forEach((node, place) => {
        const middle = place - (column.length - 1) / 2;
        node.x = (upright ? middle : index) * across;
        node.y = (upright ? index : middle) * down;
        this._left = Math.min(this._left, node.x);
        this._right = Math.max(this._right, node.x + WIDTH);
        this._top = Math.min(this._top, node.y);
        this._bottom = Math.max(this._bottom, node.y + HEIGHT);
      });
    });
  }

  private _drawEdge(scene: IScene, edge: IEdge): void {
    const { pen, colours, camera } = scene;
    const scale = camera.scaleX;
    const upright = this._isUpright && edge.to.column > edge.from.column;
    const x0 = camera.toScreenX(edge.from.x + (upright ? WIDTH / 2 : WIDTH));
    const y0 = camera.toScreenY(edge.from.y + (upright ? HEIGHT : HEIGHT / 2));
    const x1 = camera.toScreenX(edge.to.x + (upright ? WIDTH / 2 : 0));
    const y1 = camera.toScreenY(edge.to.y + (upright ? 0 : HEIGHT / 2));
    const tip = 9 * scale;
    const half = 4.5 * scale;
    pen.strokeStyle = pen.fillStyle = colours.line;
    pen.lineWidth = Math.min(1 + Math.log10(edge.count), 5);
    pen.beginPath();
    let labelX = (x0 + x1) / 2;
    let labelY = (y0 + y1) / 2 - 6;
    if (upright) {
      const bend = Math.max(8, (y1 - y0) / 2);
      pen.moveTo(x0, y0);
      pen.bezierCurveTo(x0, y0 + bend, x1, y1 - bend, x1, y1 - tip);
      labelX += 20 * scale;
      labelY += 10;
    } else if (edge.to.column > edge.from.column) {
      curve(pen, x0, y0, x1 - tip, y1);
    } else {
      // Back, or to itself: around below the boxes.
      const low = Math.max(y0, y1) + (HEIGHT / 2 + GAP_Y / 2) * scale;
      const out = 30 * scale;
      pen.moveTo(x0, y0);
      pen.bezierCurveTo(x0 + out, y0, x0 + out, low, labelX, low);
      pen.bezierCurveTo(x1 - out, low, x1 - out, y1, x1 - tip, y1);
      labelY = low - 5;
    }
    pen.stroke();
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x1 - (upright ? half : tip), y1 - (upright ? tip : half));
    pen.lineTo(x1 + (upright ? half : -tip), y1 - (upright ? tip : -half));
    pen.fill();
    if (scale > 0.5 && edge.count > 1) {
      pen.font = `11px ${colours.font}`;
      pen.textAlign = 'center';
      pen.textBaseline = 'alphabetic';
      pen.fillStyle = colours.faint;
      pen.fillText(formatCount(edge.count), labelX, labelY);
    }
  }

  private _drawNode(scene: IScene, node: INode): void {
    const { pen, colours, camera, table, marks } = scene;
    const scale = camera.scaleX;
    const x = camera.toScreenX(node.x);
    const y = camera.toScreenY(node.y);
    const width = WIDTH * scale;
    const height = HEIGHT * scale;
    if (
      x > scene.width ||
      y > scene.height ||
      x + width < 0 ||
      y + height < 0
    ) {
      return;
    }
    const chosen = table.function[marks.selected] === node.function;
    pen.fillStyle = colours.panel;
    pen.fillRect(x, y, width, height);
    pen.fillStyle = colours.functions[node.function % colours.functions.length];
    pen.fillRect(x, y, 4 * scale, height);
    pen.strokeStyle = chosen ? colours.accent : colours.border;
    pen.lineWidth = chosen ? 2 : 1;
    pen.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
    if (scale > 0.35) {
      pen.textAlign = 'left';
      pen.textBaseline = 'alphabetic';
      pen.font = `600 ${Math.max(9, Math.round(13 * scale))}px ${colours.font}`;
      pen.fillStyle = colours.text;
      const name = table.functions[node.function] ?? '';
      drawText(pen, name, x + 14 * scale, y + 20 * scale, width - 26 * scale);
      pen.font = `${Math.max(8, Math.round(11.5 * scale))}px ${colours.font}`;
      pen.fillStyle = colours.faint;
      const each =
        node.ran > 0
          ? `  ·  ${formatSeconds(node.seconds / node.ran)} each`
          : '';
      const text = `${formatCount(node.count)} ${node.count === 1 ? 'task' : 'tasks'}${each}`;
      drawText(pen, text, x + 14 * scale, y + 38 * scale, width - 26 * scale);
    }
    this._drawBar(scene, node, x + 14 * scale, y + 48 * scale, scale);
  }

  private _drawBar(
    scene: IScene,
    node: INode,
    x: number,
    y: number,
    scale: number
  ): void {
    const { pen, colours, table } = scene;
    const whole = (WIDTH - 28) * scale;
    let left = x;
    for (const name of BAR_ORDER) {
      const state = STATE[name];
      const count =
        table.functionCounts[node.function * STATE_COUNT + state] ?? 0;
      if (count > 0) {
        const width = Math.max(2, (whole * count) / Math.max(1, node.count));
        pen.fillStyle = colours.states[state];
        pen.fillRect(left, y, Math.min(width, x + whole - left), 8 * scale);
        left += width;
      }
    }
  }

  private _bottom = 0;
  private _columns: INode[][] = [];
  private _edges: IEdge[] = [];
  private _isUpright = false;
  private _layout: StageLayout;
  private _left = 0;
  private _nodes: INode[] = [];
  private _right = 0;
  private _table: TaskTable | null = null;
  private _top = 0;
  private _version = -1;
}
