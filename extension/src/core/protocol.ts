/**
 * The task graph as a kernel tells it; mirrors `eflows_nb/notebook/messages.py`,
 * and is tested on the same JSON files. Nothing here knows Jupyter.
 */
import { isRecord } from './record';
import { VERSION } from '../session/protocol';

/** Columns of tasks that are new, with an entry for each of them. */
export interface INewColumns {
  readonly task: Int32Array;
  readonly function: Int32Array;
  readonly origin: Int32Array;
  readonly submitted: Float64Array;
  /** How many parents each task has; their rows are in `links`. */
  readonly parents: Int32Array;
  readonly links: Int32Array;
  readonly state: Uint8Array;
  readonly engine: Int32Array;
  readonly start: Float64Array;
  readonly seconds: Float32Array;
  readonly size: Float32Array;
  readonly memory: Float32Array;
}

/** Columns of tasks that have changed; `row` says which. */
export interface IChangedColumns {
  readonly row: Int32Array;
  readonly state: Uint8Array;
  readonly engine: Int32Array;
  readonly start: Float64Array;
  readonly seconds: Float32Array;
  readonly size: Float32Array;
  readonly memory: Float32Array;
}

/** One engine in the time of a session; `left` is null while it is there. */
export interface IGraphEngine {
  readonly engine: number;
  readonly host: string;
  readonly pid: number;
  readonly joined: number;
  readonly left: number | null;
}

/** The task graph, or what has changed in it since the part before. */
export interface IGraphPart {
  readonly kind: 'graph';
  readonly stream: string;
  readonly sequence: number;
  /** Whether it is known what happened before somebody watched. */
  readonly complete: boolean;
  /** Seconds since the epoch from which all times are counted. */
  readonly began: number;
  readonly now: number;
  /** How many tasks were told of before. */
  readonly base: number;
  readonly firstFunction: number;
  readonly functions: readonly string[];
  /** Null when they are as before. */
  readonly engines: readonly IGraphEngine[] | null;
  readonly errors: readonly (readonly [number, string])[];
  /** Number of a cell execution and the id of its cell. */
  readonly cells: readonly (readonly [number, string])[];
  readonly added: INewColumns;
  readonly changed: IChangedColumns;
}

/** One argument or result of a task; all of it is text. */
export interface IValue {
  readonly name: string;
  readonly type: string;
  readonly about: string;
  readonly text: string;
  /** Number of the task that has made it, 0 for none. */
  readonly task: number;
}

/** A try of a task that ended without its end; `start` is 0 where it is not known. */
export interface ITry {
  readonly engine: number;
  readonly start: number;
  readonly ended: number;
  readonly reason: string;
}

/** What is told of a task only when somebody looks at it. */
export interface ITaskDetail {
  readonly kind: 'task';
  readonly task: number;
  /** Why it failed; empty if it did not. */
  readonly error: string;
  readonly traceback: string;
  /** The cell in which the traceback ends, and the line there, from 1. */
  readonly cell: string;
  readonly line: number;
  /** Null where that is not known. */
  readonly inputs: readonly IValue[] | null;
  readonly outputs: readonly IValue[] | null;
  /** Those before the last one. */
  readonly tries: readonly ITry[];
  /** The end of what it wrote; null where that is not known. */
  readonly log: string | null;
  readonly logCut: boolean;
}

/** How many of the tasks that were to be cancelled had not ended. */
export interface IAnswer {
  readonly kind: 'answer';
  readonly request: string;
  readonly cancelled: number;
}

/** Why what a page asked for is not done. */
export interface IRefusal {
  readonly kind: 'error';
  readonly request: string;
  readonly error: string;
}

/** What a page asks of a kernel, beside being told of its session. */
export interface IPageRequest {
  readonly watch?: { readonly stream: string; readonly sequence: number };
  readonly cells?: { readonly stream: string; readonly sequence: number };
  readonly outputs?: readonly string[];
  readonly task?: number;
  readonly cancel?: readonly number[];
  readonly cancel_cells?: readonly string[];
  readonly request?: string;
}

type Column = Int32Array | Float64Array | Float32Array | Uint8Array;
type Columns = Map<string, Column>;

/** Read what came from a kernel; null for what this version does not know. */
export function readGraphMessage(
  data: unknown,
  buffers: readonly (ArrayBuffer | ArrayBufferView)[]
): IGraphPart | ITaskDetail | IAnswer | IRefusal | null {
  if (!isRecord(data) || data.version !== VERSION) {
    return null;
  }
  switch (data.kind) {
    case 'graph':
      return readPart(data, buffers);
    case 'task':
      return readDetail(data);
    case 'answer':
      return typeof data.request === 'string' &&
        typeof data.cancelled === 'number'
        ? { kind: 'answer', request: data.request, cancelled: data.cancelled }
        : null;
    case 'error':
      return typeof data.request === 'string' && typeof data.error === 'string'
        ? { kind: 'error', request: data.request, error: data.error }
        : null;
    default:
      return null;
  }
}

function readDetail(data: Record<string, unknown>): ITaskDetail | null {
  const { task, error, traceback, cell, line, inputs, outputs, tries, log } =
    data;
  return typeof task === 'number' && isText(error) && isText(traceback)
    ? {
        kind: 'task',
        task,
        error,
        traceback,
        cell: isText(cell) ? cell : '',
        line: typeof line === 'number' ? line : 0,
        inputs: isArrayOf(inputs, isValue) ? inputs : null,
        outputs: isArrayOf(outputs, isValue) ? outputs : null,
        tries: isArrayOf(tries, isTry) ? tries : [],
        log: isText(log) ? log : null,
        logCut: data.log_cut === true
      }
    : null;
}

function readPart(
  data: Record<string, unknown>,
  buffers: readonly (ArrayBuffer | ArrayBufferView)[]
): IGraphPart | null {
  const {
    stream,
    sequence,
    complete,
    began,
    now,
    base,
    first_function: firstFunction,
    functions,
    engines,
    errors,
    cells
  } = data;
  const names = readNames(data.new);
  const others = readNames(data.changed);
  if (
    typeof stream !== 'string' ||
    typeof sequence !== 'number' ||
    typeof began !== 'number' ||
    typeof now !== 'number' ||
    typeof base !== 'number' ||
    typeof firstFunction !== 'number' ||
    !isArrayOf(functions, isText) ||
    !(engines === null || isArrayOf(engines, isEngine)) ||
    !isArrayOf(errors, isPair) ||
    !isArrayOf(cells, isPair) ||
    names === null ||
    others === null ||
    names.length + others.length !== buffers.length
  ) {
    return null;
  }
  const added = newColumns(readColumns(names, buffers));
  const changed = changedColumns(
    readColumns(others, buffers.slice(names.length))
  );
  if (added === null || changed === null) {
    return null;
  }
  return {
    kind: 'graph',
    stream,
    sequence,
    complete: complete !== false,
    began,
    now,
    base,
    firstFunction,
    functions,
    engines,
    errors,
    cells,
    added,
    changed
  };
}

function readNames(data: unknown): (readonly [string, string])[] | null {
  return isArrayOf(data, isTextPair) ? data : null;
}

function readColumns(
  names: readonly (readonly [string, string])[],
  buffers: readonly (ArrayBuffer | ArrayBufferView)[]
): Columns {
  const columns: Columns = new Map();
  names.forEach(([name, type], place) => {
    const buffer = buffers[place];
    const column = buffer === undefined ? null : readColumn(type, buffer);
    if (column !== null) {
      columns.set(name, column);
    }
  });
  return columns;
}

function readColumn(
  type: string,
  buffer: ArrayBuffer | ArrayBufferView
): Column | null {
  // A copy, since the buffers of a message do not begin where numbers may.
  const bytes = ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
  const copy = bytes.slice().buffer;
  const width = type === 'float64' ? 8 : type === 'uint8' ? 1 : 4;
  if (copy.byteLength % width !== 0) {
    return null;
  }
  switch (type) {
    case 'int32':
      return new Int32Array(copy);
    case 'float64':
      return new Float64Array(copy);
    case 'float32':
      return new Float32Array(copy);
    case 'uint8':
      return new Uint8Array(copy);
    default:
      return null;
  }
}

function newColumns(columns: Columns): INewColumns | null {
  const rest = changingColumns(columns);
  const task = columns.get('task');
  const fun = columns.get('function');
  const origin = columns.get('origin');
  const submitted = columns.get('submitted');
  const parents = columns.get('parents');
  const links = columns.get('links');
  if (
    rest === null ||
    !(task instanceof Int32Array) ||
    !(fun instanceof Int32Array) ||
    !(origin instanceof Int32Array) ||
    !(submitted instanceof Float64Array) ||
    !(parents instanceof Int32Array) ||
    !(links instanceof Int32Array) ||
    rest.state.length !== task.length ||
    fun.length !== task.length ||
    origin.length !== task.length ||
    submitted.length !== task.length ||
    parents.length !== task.length
  ) {
    return null;
  }
  return { task, function: fun, origin, submitted, parents, links, ...rest };
}

function changedColumns(columns: Columns): IChangedColumns | null {
  const rest = changingColumns(columns);
  const row = columns.get('row');
  return rest !== null &&
    row instanceof Int32Array &&
    row.length === rest.state.length
    ? { row, ...rest }
    : null;
}

function changingColumns(
  columns: Columns
): Omit<IChangedColumns, 'row'> | null {
  const state = columns.get('state');
  const engine = columns.get('engine');
  const start = columns.get('start');
  const seconds = columns.get('seconds');
  const size = columns.get('size');
  const memory = columns.get('memory');
  return state instanceof Uint8Array &&
    engine instanceof Int32Array &&
    start instanceof Float64Array &&
    seconds instanceof Float32Array &&
    size instanceof Float32Array &&
    memory instanceof Float32Array &&
    [engine, start, seconds, size, memory].every(
      column => column.length === state.length
    )
    ? { state, engine, start, seconds, size, memory }
    : null;
}

function isArrayOf<T>(
  data: unknown,
  is: (entry: unknown) => entry is T
): data is T[] {
  return Array.isArray(data) && data.every(is);
}

function isText(data: unknown): data is string {
  return typeof data === 'string';
}

function isTextPair(data: unknown): data is readonly [string, string] {
  return Array.isArray(data) && isText(data[0]) && isText(data[1]);
}

function isPair(data: unknown): data is readonly [number, string] {
  return Array.isArray(data) && typeof data[0] === 'number' && isText(data[1]);
}

function isValue(data: unknown): data is IValue {
  return (
    isRecord(data) &&
    isText(data.name) &&
    isText(data.type) &&
    isText(data.about) &&
    isText(data.text) &&
    typeof data.task === 'number'
  );
}

function isTry(data: unknown): data is ITry {
  return (
    isRecord(data) &&
    typeof data.engine === 'number' &&
    typeof data.start === 'number' &&
    typeof data.ended === 'number' &&
    isText(data.reason)
  );
}

function isEngine(data: unknown): data is IGraphEngine {
  return (
    isRecord(data) &&
    typeof data.engine === 'number' &&
    isText(data.host) &&
    typeof data.pid === 'number' &&
    typeof data.joined === 'number' &&
    (data.left === null || typeof data.left === 'number')
  );
}
