import { readGraphMessage } from '../../../extension/src/core/protocol';
import { StagePainter } from '../../../extension/src/core/stage-painter';
import { Surface } from '../../../extension/src/core/surface';
import { TaskTable } from '../../../extension/src/core/tasks';
import { TimelinePainter } from '../../../extension/src/core/timeline-painter';
import { record, recordWith, shown, stage, step, type IBench } from './frames';
import { makeGraph, messageOf, type IGraph } from './graph';

const table = new TaskTable();
const options = {
  table: () => table,
  marks: () => ({ selected: -1, found: null, isFound: null, critical: null }),
  select: () => undefined,
  key: () => false
};
const graphs = stage();
const times = stage();
times.style.top = '640px';
times.style.height = '220px';
const painter = new StagePainter();
const surface = new Surface(painter, options);
const timeline = new Surface(new TimelinePainter(), options);
for (const [one, where] of [
  [surface, graphs],
  [timeline, times]
] as const) {
  one.canvas.style.cssText = 'width:100%;height:100%;display:block';
  where.append(one.canvas);
}

let graph: IGraph = makeGraph(0);
let told = 0;
let changedTo = 0;
let sequence = 0;

function tell(message: ReturnType<typeof messageOf>): void {
  const part = readGraphMessage(message.data, message.buffers);
  if (part?.kind !== 'graph' || !table.apply(part)) {
    throw new Error('a message was not understood');
  }
  surface.invalidate();
  timeline.invalidate();
}

const bench: IBench = {
  async first(count) {
    graph = makeGraph(count + Math.ceil(count / 10));
    told = count;
    changedTo = Math.ceil(graph.count * 0.4);
    const message = messageOf(graph, 0, count, new Int32Array(0), sequence++, 1);
    await shown();
    const before = performance.now();
    tell(message);
    await shown();
    return performance.now() - before;
  },
  async pan(frames) {
    surface.zoom(2);
    return record(frames, frame => {
      surface.camera.pan(step(frame), step(frame) / 3);
      surface.invalidate();
    });
  },
  async deltas(seconds) {
    const more = Math.floor((graph.count - told) / (seconds * 10));
    const size = Math.floor((graph.count * 0.5) / (seconds * 10));
    return recordWith(
      seconds,
      frame => {
        surface.camera.pan(step(frame), 0);
        surface.invalidate();
      },
      () => {
        const until = Math.min(changedTo + size, told);
        const rows = Int32Array.from(
          { length: Math.max(0, until - changedTo) },
          (_, place) => changedTo + place
        );
        const last = Math.min(graph.count, told + more);
        tell(messageOf(graph, told, last, rows, sequence++, 1));
        told = last;
        changedTo = Math.max(until, changedTo);
      }
    );
  }
};
Object.assign(window, { bench });
