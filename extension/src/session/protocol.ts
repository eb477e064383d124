/**
 * What kernel and page say to each other about a session; mirrors
 * `eflows_nb/notebook/messages.py`, and is tested on the same JSON files.
 */

import { isRecord } from '../core/record';

/** Id and target name of the comm that a kernel with a session has. */
export const COMM = 'eflows';

/** Version of the protocol. */
export const VERSION = 1;

/**
 * After so many messages a page asks again. The kernel sends 100 for each
 * question, so that it does not talk for ever to a page that has gone.
 */
export const ASK_AFTER = 25;

/** What a cluster can be doing. */
export const CLUSTER_STATES = [
  'starting',
  'ready',
  'stopped',
  'broken'
] as const;
export type ClusterState = (typeof CLUSTER_STATES)[number];

/**
 * The states of a task as people are told them, by the number that stands for
 * each. An engine has tasks in advance and runs one: the others are sent.
 */
export const TASK_STATES = [
  'waiting',
  'ready',
  'running',
  'done',
  'failed',
  'cancelled',
  'cached',
  'sent'
] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** The same in the order of a task's life. */
export const STATES_IN_ORDER: readonly TaskState[] = [
  'waiting',
  'ready',
  'sent',
  'running',
  'done',
  'failed',
  'cancelled',
  'cached'
];

/** What is settled comes first, so that a bar fills from its start. */
export const BAR_ORDER: readonly TaskState[] = [
  'done',
  'cached',
  'failed',
  'cancelled',
  'running',
  'sent',
  'ready',
  'waiting'
];

/** One engine that has joined: what it runs, has behind that, and has finished. */
export interface IEngine {
  readonly engine: number;
  readonly host: string;
  readonly pid: number;
  readonly running: number;
  readonly sent: number;
  readonly finished: number;
}

/** A session at one moment. */
export interface ISession {
  readonly cluster: string;
  readonly state: ClusterState;
  readonly reason: string;
  readonly requested: number;
  /** Why tasks that have not begun wait, in one line; empty when none does. */
  readonly waiting: string;
  readonly engines: readonly IEngine[];
  readonly tasks: Readonly<Record<TaskState, number>>;
}

/** Kernel to page: the session as it is now. */
export interface ISessionMessage {
  readonly version: number;
  readonly kind: 'session';
  readonly session: ISession;
}

/** What reading a message can give. */
export type Reading =
  | { readonly kind: 'session'; readonly session: ISession }
  | { readonly kind: 'other-version'; readonly version: number }
  | { readonly kind: 'unknown' };

const UNKNOWN: Reading = { kind: 'unknown' };

/** Read what came from a kernel, which may run any version of the package. */
export function readMessage(data: unknown): Reading {
  if (!isRecord(data) || typeof data.version !== 'number') {
    return UNKNOWN;
  }
  if (data.version !== VERSION) {
    return { kind: 'other-version', version: data.version };
  }
  if (data.kind !== 'session') {
    return UNKNOWN;
  }
  const session = readSession(data.session);
  return session === null ? UNKNOWN : { kind: 'session', session };
}

function readSession(data: unknown): ISession | null {
  if (
    !isRecord(data) ||
    typeof data.cluster !== 'string' ||
    !isOneOf(CLUSTER_STATES, data.state) ||
    typeof data.reason !== 'string' ||
    typeof data.requested !== 'number' ||
    !Array.isArray(data.engines) ||
    !data.engines.every(isEngine)
  ) {
    return null;
  }
  const { cluster, state, reason, requested, engines } = data;
  const waiting = typeof data.waiting === 'string' ? data.waiting : '';
  const counts = isRecord(data.tasks) ? data.tasks : {};
  const count = (name: TaskState): number => {
    const value = counts[name];
    return typeof value === 'number' ? value : 0;
  };
  const tasks = {
    waiting: count('waiting'),
    ready: count('ready'),
    sent: count('sent'),
    running: count('running'),
    done: count('done'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    cached: count('cached')
  };
  return { cluster, state, reason, requested, waiting, engines, tasks };
}

function isEngine(data: unknown): data is IEngine {
  return (
    isRecord(data) &&
    typeof data.engine === 'number' &&
    typeof data.host === 'string' &&
    typeof data.pid === 'number' &&
    typeof data.running === 'number' &&
    typeof data.sent === 'number' &&
    typeof data.finished === 'number'
  );
}

function isOneOf<T extends string>(
  values: readonly T[],
  value: unknown
): value is T {
  return values.some(one => one === value);
}
