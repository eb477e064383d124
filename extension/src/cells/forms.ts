/** Task cells in another form; nothing here knows Jupyter. */
import { isRecord } from '../core/record';
import type { PartialJSONObject } from '@lumino/coreutils';

/** The forms of task cells. */
export const FORMS = ['magic', 'metadata', 'function'] as const;
export type Form = (typeof FORMS)[number];

/** A cell as it stands in a notebook file. */
export interface IFileCell {
  readonly id: string;
  readonly cell_type: string;
  readonly source: string;
  readonly metadata: PartialJSONObject;
}

/** A notebook as the server has written it in another form. */
export interface IConverted {
  readonly metadata: PartialJSONObject;
  readonly cells: readonly IFileCell[];
}

/** What can be changed in a notebook, so that the user can undo it as one. */
export interface IWritableNotebook {
  readonly ids: readonly string[];
  remove(place: number): void;
  insert(place: number, cell: IFileCell): void;
  write(cell: IFileCell): void;
}

/** Read a notebook that the server has converted; null for what is none. */
export function readConverted(data: unknown): IConverted | null {
  const notebook = isRecord(data) ? data.notebook : null;
  return isRecord(notebook) &&
    isObject(notebook.metadata) &&
    Array.isArray(notebook.cells) &&
    notebook.cells.every(isCell)
    ? { metadata: notebook.metadata, cells: notebook.cells }
    : null;
}

/** Let the cells of a notebook be these; those with the same id stay the same cells. */
export function apply(
  cells: readonly IFileCell[],
  notebook: IWritableNotebook
): void {
  const wanted = new Set(cells.map(cell => cell.id));
  const ids = [...notebook.ids];
  for (let place = ids.length - 1; place >= 0; place--) {
    if (!wanted.has(ids[place] ?? '')) {
      notebook.remove(place);
      ids.splice(place, 1);
    }
  }
  cells.forEach((cell, place) => {
    if (ids[place] === cell.id) {
      notebook.write(cell);
    } else {
      notebook.insert(place, cell);
      ids.splice(place, 0, cell.id);
    }
  });
}

/** Whether two notebooks are the same, as far as a conversion looks at them. */
export function isSame(one: IConverted, other: IConverted): boolean {
  return essenceOf(one) === essenceOf(other);
}

/** Outputs, and what JupyterLab notes of a run, come and go with a running cell. */
function essenceOf({ metadata, cells }: IConverted): string {
  return JSON.stringify([
    metadata['eflows'],
    cells.map(({ id, cell_type, source, metadata }) => [
      id,
      cell_type,
      source,
      metadata['eflows']
    ])
  ]);
}

/** Whether the metadata of a cell make it a task cell. */
export function isTask(metadata: unknown): boolean {
  const own = isRecord(metadata) ? metadata.eflows : null;
  return isRecord(own) && isRecord(own.task);
}

function isCell(data: unknown): data is IFileCell {
  return (
    isRecord(data) &&
    typeof data.id === 'string' &&
    typeof data.cell_type === 'string' &&
    typeof data.source === 'string' &&
    isObject(data.metadata)
  );
}

/** What comes out of JSON holds nothing but JSON. */
function isObject(value: unknown): value is PartialJSONObject {
  return isRecord(value);
}
