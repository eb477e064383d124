/**
 * The cells of a notebook as a kernel tells of them; mirrors `CellFacts` in
 * `eflows_nb/notebook/messages.py`, and is tested on the same JSON file.
 */
import { isRecord } from '../core/record';
import { VERSION } from '../session/protocol';

/** How an execution of a cell ended; of its tasks this says nothing. */
export const ENDS = ['running', 'done', 'error', 'refused'] as const;
export type Ended = (typeof ENDS)[number];

/** The last execution of a cell, and the tasks that it submitted. */
export interface ICellFacts {
  readonly cell: string;
  /** Rises with each execution in a kernel. */
  readonly order: number;
  /** The execution since which its names have the values that they have. */
  readonly since: number;
  /** Identity of the request to execute it. */
  readonly message: string;
  /** When that was made, in seconds of the page's clock; -1 where that is not known. */
  readonly asked: number;
  /** The number that is shown beside the cell; 0 until it has ended. */
  readonly count: number;
  /** CRC-32 of the code that was run. */
  readonly digest: number;
  readonly reads: readonly string[];
  readonly binds: readonly string[];
  /** Cells from which it read. */
  readonly sources: readonly string[];
  readonly ended: Ended;
  /** What its tasks are called; text from the user. */
  readonly functions: readonly string[];
  /** Number of its tasks in each state. */
  readonly states: readonly number[];
  /** Number of the task that says most, -1 without tasks. */
  readonly task: number;
  /** -1 when no task has begun. */
  readonly begin: number;
  readonly end: number;
  /** Kind of cluster on which the last of them began; empty when none has. */
  readonly cluster: string;
  /** How often the outputs of the cell have changed. */
  readonly written: number;
}

/** What the last execution of a cell has shown. */
export interface IKeptOutputs {
  readonly cell: string;
  readonly message: string;
  /** The number that is shown beside the cell; 0 until it has ended. */
  readonly count: number;
  readonly written: number;
  /** As in a notebook file. */
  readonly outputs: readonly object[];
}

/** All cells that were executed, or those that are not as they were told. */
export interface ICellsPart {
  readonly stream: string;
  readonly sequence: number;
  readonly all: boolean;
  readonly now: number;
  readonly cells: readonly ICellFacts[];
}

/** Read what came from a kernel; null for what this version does not know. */
export function readCellsMessage(data: unknown): ICellsPart | null {
  if (!isRecord(data) || data.version !== VERSION || data.kind !== 'cells') {
    return null;
  }
  const { stream, sequence, all, now, cells } = data;
  return typeof stream === 'string' &&
    typeof sequence === 'number' &&
    typeof all === 'boolean' &&
    typeof now === 'number' &&
    Array.isArray(cells) &&
    cells.every(isFacts)
    ? { stream, sequence, all, now, cells }
    : null;
}

/** Read the outputs of a cell; null for what this version does not know. */
export function readOutputsMessage(data: unknown): IKeptOutputs | null {
  if (!isRecord(data) || data.version !== VERSION || data.kind !== 'outputs') {
    return null;
  }
  const { cell, message, count, written, outputs } = data;
  return typeof cell === 'string' &&
    typeof message === 'string' &&
    typeof count === 'number' &&
    typeof written === 'number' &&
    Array.isArray(outputs) &&
    outputs.every(isRecord)
    ? { cell, message, count, written, outputs }
    : null;
}

function isFacts(data: unknown): data is ICellFacts {
  return (
    isRecord(data) &&
    typeof data.cell === 'string' &&
    typeof data.message === 'string' &&
    typeof data.cluster === 'string' &&
    [
      data.order,
      data.since,
      data.asked,
      data.count,
      data.digest,
      data.task,
      data.begin,
      data.end,
      data.written
    ].every(value => typeof value === 'number') &&
    [data.reads, data.binds, data.sources, data.functions].every(isTexts) &&
    ENDS.some(end => end === data.ended) &&
    Array.isArray(data.states) &&
    data.states.every(count => typeof count === 'number')
  );
}

function isTexts(data: unknown): data is string[] {
  return Array.isArray(data) && data.every(text => typeof text === 'string');
}
