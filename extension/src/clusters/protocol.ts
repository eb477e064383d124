/** What the server says about clusters; mirrors `eflows_nb/server/clusters.py`. */

import { isRecord } from '../core/record';

/** What the process of an engine uses now. */
export interface IProcess {
  readonly pid: number;
  /** How many cores; null until the server was asked twice. */
  readonly cores: number | null;
  /** Resident bytes. */
  readonly memory: number;
  /** Bytes of GPU memory; null where nobody tells. */
  readonly gpu_memory: number | null;
}

/** A kind of cluster that a kernel on the server's machine can start. */
export interface ILauncher {
  readonly name: string;
  /** Whether the hosts of its engines have to be named. */
  readonly hosts: boolean;
  /** 0 where that is known only later, as for memory. */
  readonly cores: number;
  readonly memory: number;
  readonly gpus: number;
}

/** One cluster that eflows-nb runs on the server's machine. */
export interface ICluster {
  readonly id: string;
  readonly engines: number;
  readonly processes: readonly IProcess[];
  /** Process number of its controller, -1 when that is gone. */
  readonly controller: number;
  /** Path of the notebook that started it, empty when the server does not know. */
  readonly owner: string;
  /** Process number of the kernel or script that started it, -1 when that is gone. */
  readonly owner_pid: number;
  /** Whether it still serves somebody. */
  readonly alive: boolean;
  /** When it was started, seconds since the epoch; 0 when that is not known. */
  readonly started: number;
}

/** What the server says of its machine. */
export interface IListing {
  readonly clusters: readonly ICluster[];
  readonly launchers: readonly ILauncher[];
  /** Name of the server's machine, as its engines give it. */
  readonly host: string;
  /** The server's clock, seconds since the epoch. */
  readonly now: number;
}

/** Read the answer of `GET eflows/clusters`; null when it is something else. */
export function readListing(data: unknown): IListing | null {
  if (!isRecord(data)) {
    return null;
  }
  const { clusters, launchers, host, now } = data;
  return Array.isArray(clusters) &&
    clusters.every(isCluster) &&
    Array.isArray(launchers) &&
    launchers.every(isLauncher) &&
    typeof host === 'string' &&
    typeof now === 'number'
    ? { clusters, launchers, host, now }
    : null;
}

function isCluster(data: unknown): data is ICluster {
  return (
    isRecord(data) &&
    typeof data.id === 'string' &&
    typeof data.engines === 'number' &&
    Array.isArray(data.processes) &&
    data.processes.every(isProcess) &&
    typeof data.controller === 'number' &&
    typeof data.owner === 'string' &&
    typeof data.owner_pid === 'number' &&
    typeof data.alive === 'boolean' &&
    typeof data.started === 'number'
  );
}

function isProcess(data: unknown): data is IProcess {
  return (
    isRecord(data) &&
    typeof data.pid === 'number' &&
    isNumberOrNull(data.cores) &&
    typeof data.memory === 'number' &&
    isNumberOrNull(data.gpu_memory)
  );
}

function isLauncher(data: unknown): data is ILauncher {
  return (
    isRecord(data) &&
    typeof data.name === 'string' &&
    typeof data.hosts === 'boolean' &&
    typeof data.cores === 'number' &&
    typeof data.memory === 'number' &&
    typeof data.gpus === 'number'
  );
}

function isNumberOrNull(data: unknown): data is number | null {
  return data === null || typeof data === 'number';
}
