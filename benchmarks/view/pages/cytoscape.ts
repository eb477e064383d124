import cytoscape from 'cytoscape';

import { record, recordWith, shown, stage, step, type IBench } from './frames';
import { makeGraph } from './graph';
import { placed } from './placed';

let view: any;
let count = 0;

const bench: IBench = {
  async first(tasks) {
    count = tasks;
    const { cells, links } = placed(makeGraph(tasks));
    const container = stage();
    await shown();
    const before = performance.now();
    view = cytoscape({
      container,
      elements: {
        nodes: cells.map(({ x, y }, row) => ({
          data: { id: String(row), label: `#${row}`, colour: '#999' },
          position: { x, y }
        })),
        edges: links.map(([source, target]) => ({
          data: { source: String(source), target: String(target) }
        }))
      },
      style: [
        {
          selector: 'node',
          style: {
            shape: 'rectangle',
            width: 22,
            height: 22,
            label: 'data(label)',
            'background-color': 'data(colour)'
          }
        }
      ],
      layout: { name: 'preset' }
    });
    await shown();
    return performance.now() - before;
  },
  pan: frames =>
    record(frames, frame => view.panBy({ x: step(frame), y: step(frame) / 3 })),
  deltas: seconds =>
    recordWith(
      seconds,
      frame => view.panBy({ x: step(frame), y: 0 }),
      frame =>
        view.batch(() => {
          for (let place = 0; place < count / 100; place++) {
            const row = (frame * 31 + place) % count;
            view.getElementById(String(row)).data('colour', '#2e7d32');
          }
        })
    )
};
Object.assign(window, { bench });
