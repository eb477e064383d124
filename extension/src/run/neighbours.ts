import type { StageLayout } from '../core/stages';
import type { TaskTable } from '../core/tasks';

/**
 * The row that an arrow key leads to in the graph: left to what a task reads,
 * right to what reads it, up and down within its stage and level.
 */
export function inGraph(
  table: TaskTable,
  layout: StageLayout,
  row: number,
  key: string
): number {
  if (row < 0 || row >= table.rows) {
    return table.rows > 0 ? 0 : -1;
  }
  const stage = layout.stages[layout.stageOf[row] ?? -1];
  const place = layout.placeOf[row] ?? 0;
  switch (key) {
    case 'ArrowLeft':
      return table.parentsOf(row)[0] ?? row;
    case 'ArrowRight':
      return table.childrenOf(row)[0] ?? row;
    case 'ArrowUp':
      return stage?.rows[place - 1] ?? besides(layout, row, -1);
    case 'ArrowDown':
      return stage?.rows[place + 1] ?? besides(layout, row, 1);
    default:
      return -1;
  }
}

function besides(layout: StageLayout, row: number, step: -1 | 1): number {
  const index = layout.stageOf[row] ?? -1;
  const level = layout.levels[layout.stages[index]?.level ?? -1];
  const next = level?.stages[level.stages.indexOf(index) + step];
  const rows = next === undefined ? undefined : layout.stages[next]?.rows;
  return (step > 0 ? rows?.[0] : rows?.[rows.length - 1]) ?? row;
}

/**
 * The row that an arrow key leads to in the timeline: left and right along an
 * engine, up and down to what another engine did at that time.
 */
export function inTimeline(table: TaskTable, row: number, key: string): number {
  const start = table.startOf(row);
  const engine = table.engine[row] ?? -1;
  const along = key === 'ArrowLeft' || key === 'ArrowRight';
  const forth = key === 'ArrowRight' || key === 'ArrowDown';
  let best = -1;
  let least = Infinity;
  for (let other = 0; other < table.rows; other++) {
    const begin = table.startOf(other);
    if (begin <= 0 || other === row) {
      continue;
    }
    const lanes = (table.engine[other] ?? -1) - engine;
    const far = begin - start;
    const fits = along
      ? lanes === 0 &&
        (forth
          ? far > 0 || (far === 0 && other > row)
          : far < 0 || (far === 0 && other < row))
      : forth
        ? lanes > 0
        : lanes < 0;
    const distance = along
      ? Math.abs(far)
      : Math.abs(lanes) * 1e9 + Math.abs(far);
    if (row < 0 || start <= 0) {
      return other;
    }
    if (fits && distance < least) {
      best = other;
      least = distance;
    }
  }
  return best < 0 ? row : best;
}
