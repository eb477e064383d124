import { type TaskTable } from './tasks';

const ARROWS = 20_000;

/**
 * A run as Chrome and Perfetto show traces: rows are engines, slices are tasks,
 * arrows are data. Times are in microseconds from the begin of the session.
 */
export function traceOf(
  table: TaskTable,
  name: string,
  states: readonly string[]
): string {
  const events: unknown[] = [
    { ph: 'M', name: 'process_name', pid: 1, tid: 0, args: { name } }
  ];
  for (const engine of table.engines) {
    const args = { name: `engine ${engine.engine} on ${engine.host}` };
    const tid = engine.engine + 1;
    events.push({ ph: 'M', name: 'thread_name', pid: 1, tid, args });
  }
  const micros = (seconds: number): number => Math.round(seconds * 1e9) / 1e3;
  const lane = (row: number): number => (table.engine[row] ?? -1) + 1;
  let arrows = 0;
  for (let row = 0; row < table.rows; row++) {
    const start = table.startOf(row);
    if (start <= 0) {
      continue;
    }
    const task = table.task[row] ?? 0;
    const error = table.errors.get(task);
    events.push({
      ph: 'X',
      name: table.nameOf(row),
      cat: 'task',
      pid: 1,
      tid: lane(row),
      ts: micros(start),
      dur: micros(table.endOf(row) - start),
      args: {
        task,
        state: states[table.state[row] ?? 0],
        bytes: table.size[row],
        memory: table.memory[row],
        ...(error === undefined ? {} : { error })
      }
    });
    for (const parent of table.parentsOf(row)) {
      if (table.startOf(parent) > 0 && arrows++ < ARROWS) {
        const common = { name: 'data', cat: 'data', id: arrows, pid: 1 };
        const within =
          table.startOf(parent) +
          0.999 * (table.endOf(parent) - table.startOf(parent));
        events.push(
          { ...common, ph: 's', tid: lane(parent), ts: micros(within) },
          { ...common, ph: 'f', bp: 'e', tid: lane(row), ts: micros(start) }
        );
      }
    }
  }
  const lines = events.map(event => JSON.stringify(event)).join(',\n');
  return `{"displayTimeUnit":"ms","traceEvents":[\n${lines}\n]}\n`;
}
