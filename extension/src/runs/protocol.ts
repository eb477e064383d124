/** What the server says of runs; mirrors `eflows_nb/server/runs.py`. */
import { isRecord } from '../core/record';
import { TASK_STATES, type TaskState } from '../session/protocol';

/** What became of a run. */
export const RUN_STATES = ['running', 'ended', 'broken-off'] as const;
export type RunState = (typeof RUN_STATES)[number];

/** One run, from its journal. */
export interface IRun {
  /** Of the journal, below the server's root. */
  readonly path: string;
  /** Name of the notebook, empty when that is not known. */
  readonly notebook: string;
  readonly session: string;
  readonly host: string;
  /** Seconds since the epoch. */
  readonly started: number;
  readonly seconds: number;
  readonly state: RunState;
  readonly tasks: Readonly<Record<TaskState, number>>;
  /** Whether the whole journal has been counted. */
  readonly counted: boolean;
  /** Why the journal cannot be read, empty when it can. */
  readonly problem: string;
  /** Number of its damaged line. */
  readonly line: number;
  /** Bytes of the journal. */
  readonly size: number;
}

/** The runs that a server knows, the newest first. */
export interface IRunListing {
  readonly runs: readonly IRun[];
  /** How many older ones are not listed. */
  readonly more: number;
  /** Whether all folders could be looked at. */
  readonly complete: boolean;
  readonly now: number;
}

/** Read the answer of `GET eflows/runs`; null when it is something else. */
export function readRuns(data: unknown): IRunListing | null {
  if (!isRecord(data)) {
    return null;
  }
  const { runs, more, complete, now } = data;
  return Array.isArray(runs) &&
    runs.every(isRun) &&
    typeof more === 'number' &&
    typeof complete === 'boolean' &&
    typeof now === 'number'
    ? { runs: runs.map(withAllCounts), more, complete, now }
    : null;
}

/** A state that the server does not count counts zero. */
function withAllCounts(run: IRun): IRun {
  const counts = TASK_STATES.map(state => [state, run.tasks[state] ?? 0]);
  return { ...run, tasks: Object.fromEntries(counts) as IRun['tasks'] };
}

function isRun(data: unknown): data is IRun {
  return (
    isRecord(data) &&
    typeof data.path === 'string' &&
    typeof data.notebook === 'string' &&
    typeof data.session === 'string' &&
    typeof data.host === 'string' &&
    typeof data.started === 'number' &&
    typeof data.seconds === 'number' &&
    RUN_STATES.some(state => state === data.state) &&
    isCounts(data.tasks) &&
    typeof data.counted === 'boolean' &&
    typeof data.problem === 'string' &&
    typeof data.line === 'number' &&
    typeof data.size === 'number'
  );
}

function isCounts(data: unknown): boolean {
  return (
    isRecord(data) &&
    Object.values(data).every(count => typeof count === 'number')
  );
}
