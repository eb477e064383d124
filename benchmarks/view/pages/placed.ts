/** Where our layout puts tasks, for those who have none that ends in time. */
import { readGraphMessage } from '../../../extension/src/core/protocol';
import { StageLayout } from '../../../extension/src/core/stages';
import { TaskTable } from '../../../extension/src/core/tasks';
import { messageOf, type IGraph } from './graph';

export function placed(graph: IGraph): {
  cells: { x: number; y: number }[];
  links: [number, number][];
} {
  const message = messageOf(graph, 0, graph.count, new Int32Array(0), 0, 1);
  const part = readGraphMessage(message.data, message.buffers);
  const table = new TaskTable();
  if (part?.kind === 'graph') {
    table.apply(part);
  }
  const layout = new StageLayout();
  layout.update(table);
  const links: [number, number][] = [];
  const cells = Array.from({ length: table.rows }, (_, row) => {
    table.parentsOf(row).forEach(parent => links.push([parent, row]));
    return layout.cellOf(row);
  });
  return { cells, links };
}
