import type { Camera } from './camera';
import type { IColours } from './colours';
import type { IPen } from './pen';
import type { Raster } from './raster';
import type { TaskTable } from './tasks';

/** What is drawn, beside the tasks themselves. */
export interface IMarks {
  /** Row of the selected task, -1 for none. */
  readonly selected: number;
  /** Rows that were looked for, null when nothing is looked for. */
  readonly found: Int32Array | null;
  /** By row whether it is among them. */
  readonly isFound: Uint8Array | null;
  /** Rows of the critical path, null when it is not shown. */
  readonly critical: readonly number[] | null;
}

/** What a painter is given. */
export interface IScene {
  readonly pen: IPen;
  /** Null where every task is to be a shape of its own, as in SVG. */
  readonly raster: Raster | null;
  /** Draws the raster onto the picture. */
  readonly flush: () => void;
  /** Pixels of the raster for one unit of the pen. */
  readonly ratio: number;
  readonly width: number;
  readonly height: number;
  readonly camera: Camera;
  readonly colours: IColours;
  readonly table: TaskTable;
  readonly marks: IMarks;
}

/** Draws a kind of picture of a task graph, and knows what is where. */
export interface IPainter {
  /** Take in what has changed in the table. */
  update(table: TaskTable): void;
  paint(scene: IScene): void;
  /** Let the camera see everything. */
  fit(camera: Camera, width: number, height: number): void;
  /** Let the camera see a row. */
  show(camera: Camera, row: number, width: number, height: number): void;
  /** The row at a point of the screen, -1 for none. */
  pick(camera: Camera, x: number, y: number): number;
  /** Keep the camera where there is something to see. */
  restrain(camera: Camera, width: number, height: number): void;
  /** Whether a direction can be enlarged by the wheel. */
  readonly zoomsY: boolean;
}
