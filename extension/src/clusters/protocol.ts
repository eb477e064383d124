/** What the server says about clusters; mirrors `eflows_nb/server/clusters.py`. */

/** One cluster that eflows-nb runs on the server's machine. */
export interface ICluster {
  readonly id: string;
  readonly engines: number;
  /** Process number of its controller, -1 when that is gone. */
  readonly controller: number;
  /** Path of the notebook that started it, empty when the server does not know. */
  readonly owner: string;
  /** Process number of the kernel or script that started it, -1 when that is gone. */
  readonly owner_pid: number;
  /** Whether it still serves somebody. */
  readonly alive: boolean;
}

/** Read the answer of `GET eflows/clusters`; null when it is something else. */
export function readClusters(data: unknown): readonly ICluster[] | null {
  if (typeof data !== 'object' || data === null || !('clusters' in data)) {
    return null;
  }
  const { clusters } = data;
  return Array.isArray(clusters) && clusters.every(isCluster) ? clusters : null;
}

function isCluster(data: unknown): data is ICluster {
  return (
    typeof data === 'object' &&
    data !== null &&
    'id' in data &&
    typeof data.id === 'string' &&
    'engines' in data &&
    typeof data.engines === 'number' &&
    'controller' in data &&
    typeof data.controller === 'number' &&
    'owner' in data &&
    typeof data.owner === 'string' &&
    'owner_pid' in data &&
    typeof data.owner_pid === 'number' &&
    'alive' in data &&
    typeof data.alive === 'boolean'
  );
}
