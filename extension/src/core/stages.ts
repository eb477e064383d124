import { grown, type TaskTable } from './tasks';

/** Size of a task in a stage of few, and of many. */
const WIDE = { width: 128, height: 26, gap: 6 };
const SMALL = { width: 22, height: 22, gap: 4 };
const FEW = 24;

const MARGIN = 8;
const COLUMN_GAP = 72;
const STAGE_GAP = 34;

/** Tasks of one function that are equally far from the beginning. */
export interface IStage {
  readonly level: number;
  readonly function: number;
  readonly rows: number[];
  x: number;
  y: number;
  width: number;
  height: number;
  /** Tasks below each other before the next column begins. */
  perColumn: number;
  cellWidth: number;
  cellHeight: number;
  cellGap: number;
  /** Space between the border and the cells. */
  margin: number;
}

/** Arrows between two stages, and how many dependencies they stand for. */
export interface IStageEdge {
  readonly from: number;
  readonly to: number;
  count: number;
}

/** A column of stages. */
export interface ILevel {
  readonly stages: number[];
  x: number;
  width: number;
}

/**
 * Where each task of a graph is drawn.
 *
 * A task stands one level right of the last one that it reads from. Tasks of
 * one function and level share a stage, in which they fill a grid, so that only
 * stages need to be laid out: a hundred thousand tasks are mostly a few dozen.
 */
export class StageLayout {
  readonly stages: IStage[] = [];
  readonly edges: IStageEdge[] = [];
  readonly levels: ILevel[] = [];
  /** Stage of a row, and its place among the rows of the stage. */
  stageOf = new Int32Array(1024);
  placeOf = new Int32Array(1024);
  left = 0;
  top = 0;
  right = 0;
  bottom = 0;

  /** Take in the rows that are new; whether anything was. */
  update(table: TaskTable): boolean {
    if (table.generation !== this._generation) {
      this._generation = table.generation;
      this._clear();
    }
    if (this._rows === table.rows) {
      return false;
    }
    this.stageOf = grown(this.stageOf, table.rows);
    this.placeOf = grown(this.placeOf, table.rows);
    for (let row = this._rows; row < table.rows; row++) {
      this._add(table, row);
    }
    this._rows = table.rows;
    this._place();
    return true;
  }

  /** The row drawn at a point, -1 where there is none. */
  at(x: number, y: number): number {
    const stage = this.stages[this.stageAt(x, y)];
    if (stage === undefined) {
      return -1;
    }
    const pitchX = stage.cellWidth + stage.cellGap;
    const pitchY = stage.cellHeight + stage.cellGap;
    const column = Math.floor((x - stage.x - stage.margin) / pitchX);
    const line = Math.floor((y - stage.y - stage.margin) / pitchY);
    if (column < 0 || line < 0 || line >= stage.perColumn) {
      return -1;
    }
    return stage.rows[column * stage.perColumn + line] ?? -1;
  }

  /** The stage at a point, -1 where there is none. */
  stageAt(x: number, y: number): number {
    for (const stage of this.levels[this.levelAt(x)]?.stages ?? []) {
      const box = this.stages[stage];
      if (
        box !== undefined &&
        x >= box.x &&
        x <= box.x + box.width &&
        y >= box.y &&
        y <= box.y + box.height
      ) {
        return stage;
      }
    }
    return -1;
  }

  /** The last level that begins left of this; -1 left of all. */
  levelAt(x: number): number {
    let low = 0;
    let high = this.levels.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.levels[middle]?.x ?? 0) <= x) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  /** Left upper corner and size of a row. */
  cellOf(row: number): { x: number; y: number; width: number; height: number } {
    const stage = this.stages[this.stageOf[row] ?? -1];
    if (stage === undefined) {
      return { x: 0, y: 0, width: 0, height: 0 };
    }
    const place = this.placeOf[row] ?? 0;
    const column = Math.floor(place / stage.perColumn);
    const line = place % stage.perColumn;
    return {
      x: stage.x + stage.margin + column * (stage.cellWidth + stage.cellGap),
      y: stage.y + stage.margin + line * (stage.cellHeight + stage.cellGap),
      width: stage.cellWidth,
      height: stage.cellHeight
    };
  }

  private _clear(): void {
    this.stages.length = this.edges.length = this.levels.length = 0;
    this._stageOfKey.clear();
    this._edgesInto.length = 0;
    this._rows = 0;
  }

  private _add(table: TaskTable, row: number): void {
    let level = 0;
    const begin = table.firstLink[row] ?? 0;
    const end = table.firstLink[row + 1] ?? 0;
    for (let link = begin; link < end; link++) {
      const parent = this.stageOf[table.links[link] ?? 0] ?? 0;
      level = Math.max(level, (this.stages[parent]?.level ?? -1) + 1);
    }
    const index = this._stage(level, table.function[row] ?? 0);
    const stage = this.stages[index];
    this.stageOf[row] = index;
    this.placeOf[row] = stage?.rows.length ?? 0;
    stage?.rows.push(row);
    for (let link = begin; link < end; link++) {
      this._connect(this.stageOf[table.links[link] ?? 0] ?? 0, index);
    }
  }

  private _stage(level: number, fun: number): number {
    const key = level * 65536 + fun;
    const known = this._stageOfKey.get(key);
    if (known !== undefined) {
      return known;
    }
    const index = this.stages.length;
    this._stageOfKey.set(key, index);
    this.stages.push({
      level,
      function: fun,
      rows: [],
      x: 0,
      y: 0,
      width: 0,
      height: 0,
      perColumn: 1,
      cellWidth: 0,
      cellHeight: 0,
      cellGap: 0,
      margin: 0
    });
    while (this.levels.length <= level) {
      this.levels.push({ stages: [], x: 0, width: 0 });
    }
    this.levels[level]?.stages.push(index);
    return index;
  }

  private _connect(from: number, to: number): void {
    // By small numbers: with one large one for both it takes four times as long.
    const edges = (this._edgesInto[to] ??= new Map());
    const known = edges.get(from);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const edge = { from, to, count: 1 };
    edges.set(from, edge);
    this.edges.push(edge);
  }

  private _place(): void {
    // Of many levels each is narrow, so that all together are not a thin strip.
    const tall = Math.min(Math.max(this.levels.length / 3, 1.25), 10);
    this.stages.forEach(stage => fit(stage, tall));
    const centre = this._centres();
    let x = 0;
    let before = 0;
    this.top = this.bottom = 0;
    for (const level of this.levels) {
      const stages = level.stages.flatMap(index => this.stages[index] ?? []);
      level.width = Math.max(...stages.map(stage => stage.width));
      x += before === 0 ? 0 : Math.max(COLUMN_GAP, (before + level.width) / 10);
      before = level.width;
      level.x = x;
      level.stages.sort((a, b) => (centre[a] ?? 0) - (centre[b] ?? 0) || a - b);
      this._stack(level);
      x += level.width;
    }
    this.right = x;
  }

  /** Put the stages of a level below each other, around the middle. */
  private _stack(level: ILevel): void {
    const stages = level.stages.flatMap(index => this.stages[index] ?? []);
    const gaps = stages.map(stage => Math.max(STAGE_GAP, stage.height / 12));
    const height = stages.reduce(
      (sum, stage, place) =>
        sum + stage.height + (place > 0 ? (gaps[place] ?? 0) : 0),
      0
    );
    let y = -height / 2;
    this.top = Math.min(this.top, y);
    this.bottom = Math.max(this.bottom, -y);
    stages.forEach((stage, place) => {
      y += place > 0 ? (gaps[place] ?? 0) : 0;
      stage.x = level.x + (level.width - stage.width) / 2;
      stage.y = y;
      y += stage.height;
    });
  }

  /**
   * By what the stages of a level are ordered: the mean place of those that they
   * read from, so that arrows cross seldom.
   */
  private _centres(): Float64Array {
    const centre = new Float64Array(this.stages.length);
    const weight = new Float64Array(this.stages.length);
    if (this.stages.length > 5000) {
      return centre;
    }
    const incoming: IStageEdge[][] = this.stages.map(() => []);
    this.edges.forEach(edge => incoming[edge.to]?.push(edge));
    for (const level of this.levels) {
      for (const index of level.stages) {
        for (const edge of incoming[index] ?? []) {
          weight[index] = (weight[index] ?? 0) + 1;
          centre[index] = (centre[index] ?? 0) + (centre[edge.from] ?? 0);
        }
        centre[index] = (centre[index] ?? 0) / Math.max(1, weight[index] ?? 0);
      }
      const count = level.stages.length;
      const order = [...level.stages].sort(
        (a, b) => (centre[a] ?? 0) - (centre[b] ?? 0) || a - b
      );
      order.forEach((index, place) => {
        centre[index] = place - (count - 1) / 2;
      });
    }
    return centre;
  }

  private _edgesInto: Map<number, IStageEdge>[] = [];
  private _generation = 0;
  private _rows = 0;
  private _stageOfKey = new Map<number, number>();
}

/** Give a stage its grid, so many times higher than wide, and its size. */
function fit(stage: IStage, tall: number): void {
  const count = stage.rows.length;
  const cell = count <= FEW ? WIDE : SMALL;
  stage.perColumn = count <= FEW ? count : Math.ceil(Math.sqrt(count * tall));
  stage.cellWidth = cell.width;
  stage.cellHeight = cell.height;
  stage.cellGap = cell.gap;
  stage.margin = count === 1 ? 0 : MARGIN;
  const columns = Math.ceil(count / stage.perColumn);
  stage.width = columns * (cell.width + cell.gap) - cell.gap + 2 * stage.margin;
  stage.height =
    stage.perColumn * (cell.height + cell.gap) - cell.gap + 2 * stage.margin;
}
