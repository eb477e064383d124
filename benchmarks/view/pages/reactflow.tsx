import '@xyflow/react/dist/style.css';
import { ReactFlow, useEdgesState, useNodesState, useReactFlow, ReactFlowProvider } from '@xyflow/react';
import React from 'react';
import { createRoot } from 'react-dom/client';

import { record, recordWith, shown, stage, step, type IBench } from './frames';
import { makeGraph } from './graph';
import { placed } from './placed';

let flow: any;
let setNodes: any;
let count = 0;

function Flow(props: { nodes: any[]; edges: any[]; ready: () => void }): any {
  const [nodes, set] = useNodesState(props.nodes);
  const [edges] = useEdgesState(props.edges);
  flow = useReactFlow();
  setNodes = set;
  return (
    <ReactFlow nodes={nodes} edges={edges} minZoom={0.01} onInit={props.ready} defaultViewport={{ x: 20, y: 300, zoom: 0.5 }} />
  );
}

const bench: IBench = {
  async first(tasks) {
    count = tasks;
    const { cells, links } = placed(makeGraph(tasks));
    const root = createRoot(stage());
    await shown();
    const before = performance.now();
    await new Promise<void>(resolve =>
      root.render(
        <ReactFlowProvider>
          <Flow
            ready={resolve}
            nodes={cells.map(({ x, y, }, row) => ({
              id: String(row),
              position: { x, y },
              data: { label: `#${row}` },
              style: { width: 22, height: 22 }
            }))}
            edges={links.map(([source, target], place) => ({
              id: `e${place}`,
              source: String(source),
              target: String(target)
            }))}
          />
        </ReactFlowProvider>
      )
    );
    await shown();
    return performance.now() - before;
  },
  pan: frames =>
    record(frames, frame => {
      const { x, y, zoom } = flow.getViewport();
      flow.setViewport({ x: x + step(frame), y: y + step(frame) / 3, zoom });
    }),
  deltas: seconds =>
    recordWith(
      seconds,
      frame => {
        const { x, y, zoom } = flow.getViewport();
        flow.setViewport({ x: x + step(frame), y, zoom });
      },
      frame =>
        setNodes((nodes: any[]) =>
          nodes.map((node, row) =>
            (row + frame * 31) % 100 === 0
              ? { ...node, style: { ...node.style, background: '#2e7d32' } }
              : node
          )
        )
    )
};
Object.assign(window, { bench });
