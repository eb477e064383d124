import React from 'react';

import type { ClusterState, TaskState } from '../session/protocol';

/** What a sign can stand for. */
export type SignName = `task-${TaskState}` | `cluster-${ClusterState}`;

/**
 * A small picture of a state. Each has its own shape, so that nobody needs to
 * see its colour; it always stands beside the state's name.
 */
export function Sign(props: { name: SignName }): JSX.Element {
  return (
    <svg
      className={`eflows-Sign eflows-mod-${props.name}`}
      viewBox="0 0 16 16"
      aria-hidden="true"
    >
      {SHAPES[props.name]}
    </svg>
  );
}

const RING = <circle cx="8" cy="8" r="5.5" />;
const DISC = <circle cx="8" cy="8" r="6.5" className="eflows-Sign-fill" />;
const CHECK = <path d="M5 8.2l2.1 2.1L11 6.2" className="eflows-Sign-mark" />;
const CROSS = (
  <path d="M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6" className="eflows-Sign-mark" />
);

const SHAPES: Readonly<Record<SignName, JSX.Element>> = {
  'task-waiting': <circle cx="8" cy="8" r="5.5" strokeDasharray="2.2 2.1" />,
  'task-ready': RING,
  'task-running': (
    <>
      {RING}
      <path d="M6.6 5.4v5.2l4.2-2.6z" className="eflows-Sign-fill" />
    </>
  ),
  'task-sent': (
    <>
      {RING}
      <path d="M6.6 5.4v5.2l4.2-2.6z" className="eflows-Sign-thin" />
    </>
  ),
  'task-done': (
    <>
      {DISC}
      {CHECK}
    </>
  ),
  'task-failed': (
    <>
      {DISC}
      {CROSS}
    </>
  ),
  'task-cached': (
    <>
      {RING}
      {CHECK}
    </>
  ),
  'task-cancelled': (
    <>
      {RING}
      <path d="M4.2 11.8l7.6-7.6" />
    </>
  ),
  'cluster-starting': (
    <g className="eflows-Sign-turning">
      <path d="M8 2.5A5.5 5.5 0 1 1 2.5 8" />
    </g>
  ),
  'cluster-ready': (
    <>
      {DISC}
      {CHECK}
    </>
  ),
  'cluster-stopped': <rect x="3.5" y="3.5" width="9" height="9" rx="1.5" />,
  'cluster-broken': (
    <>
      <path
        d="M8 1.8l6.8 12.2H1.2z"
        className="eflows-Sign-fill"
        strokeLinejoin="round"
      />
      <path d="M8 6.2v3.6M8 11.8v.2" className="eflows-Sign-mark" />
    </>
  )
};
