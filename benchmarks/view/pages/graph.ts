/** The same task graph for all that draw it. */
import type { IGraphPart } from '../../../extension/src/core/protocol';

const FUNCTIONS = ['simulate', 'filter', 'join', 'reduce', 'plot'];

export interface IGraph {
  readonly count: number;
  readonly links: Int32Array;
  readonly function: Int32Array;
}

/** A graph of so many tasks in about thirty levels; each but the first reads two of the level before. */
export function makeGraph(count: number): IGraph {
  const level = Math.ceil(count / 30);
  const links = new Int32Array(count * 2).fill(-1);
  const fun = new Int32Array(count);
  let seed = 1;
  const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let row = 0; row < count; row++) {
    const mine = Math.floor(row / level);
    fun[row] = (mine + Math.floor(random() * 2)) % FUNCTIONS.length;
    if (mine > 0) {
      const first = (mine - 1) * level;
      const near = Math.floor((row % level) + (random() - 0.5) * 8);
      links[row * 2] = first + Math.min(Math.max(near, 0), level - 1);
      links[row * 2 + 1] = first + Math.floor(random() * level);
    }
  }
  return { count, links, function: fun };
}

/** A message with tasks `first` to `last`, and changes to others, as a kernel sends it. */
export function messageOf(
  graph: IGraph,
  first: number,
  last: number,
  changed: Int32Array,
  sequence: number,
  now: number
): { data: unknown; buffers: ArrayBuffer[] } {
  const count = last - first;
  const rows = Array.from({ length: count }, (_, place) => first + place);
  const parentsOf = (row: number): number[] =>
    [...graph.links.subarray(row * 2, row * 2 + 2)].filter(link => link >= 0);
  const parents = rows.map(parentsOf);
  const done = (row: number): boolean => row < graph.count * 0.4;
  const each = 0.04;
  const added: [string, ArrayLike<number> & { buffer: ArrayBufferLike }][] = [
    ['task', Int32Array.from(rows, row => row + 1)],
    ['function', graph.function.slice(first, last)],
    ['origin', new Int32Array(count)],
    ['submitted', new Float64Array(count)],
    ['parents', Int32Array.from(parents, links => links.length)],
    ['state', Uint8Array.from(rows, row => (done(row) ? 3 : 0))],
    ['engine', Int32Array.from(rows, row => (done(row) ? row % 16 : -1))],
    ['start', Float64Array.from(rows, row => (done(row) ? 1 + (row >> 4) * each : 0))],
    ['seconds', Float32Array.from(rows, row => (done(row) ? each : -1))],
    ['size', new Float32Array(count)],
    ['memory', new Float32Array(count)],
    ['links', Int32Array.from(parents.flat())]
  ];
  const many = changed.length;
  const others: typeof added = [
    ['row', changed],
    ['state', new Uint8Array(many).fill(3)],
    ['engine', Int32Array.from(changed, row => row % 16)],
    ['start', Float64Array.from(changed, row => 1 + (row >> 4) * each)],
    ['seconds', new Float32Array(many).fill(each)],
    ['size', new Float32Array(many)],
    ['memory', new Float32Array(many)]
  ];
  const columns = [...added, ...others];
  const typeOf = (column: unknown): string =>
    String((column as object).constructor.name).replace('Array', '').toLowerCase();
  return {
    data: {
      version: 1,
      kind: 'graph',
      stream: 'bench',
      sequence,
      complete: true,
      began: 0,
      now,
      base: first,
      first_function: first === 0 ? 0 : FUNCTIONS.length,
      functions: first === 0 ? FUNCTIONS : [],
      engines:
        first === 0
          ? FUNCTIONS.concat(FUNCTIONS, FUNCTIONS, ['']).map((_, engine) => ({
              engine,
              host: 'n01',
              pid: 1,
              joined: 0,
              left: null
            }))
          : null,
      errors: [],
      cells: [],
      new: added.map(([name, column]) => [name, typeOf(column)]),
      changed: others.map(([name, column]) => [name, typeOf(column)])
    },
    buffers: columns.map(([, column]) => column.buffer.slice(0) as ArrayBuffer)
  };
}

export type { IGraphPart };
