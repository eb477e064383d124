/** What follows from what cells have read from each other. Nothing here knows Jupyter. */
import { STATE } from '../core/tasks';
import type { ICellFacts } from './protocol';

type Cells = ReadonlyMap<string, ICellFacts>;

/** A cell as it stands in the notebook now. */
export interface IWrittenCell {
  readonly id: string;
  /** CRC-32 of its code. */
  readonly digest: number;
}

/** Why a cell is not what would come of running it now. */
export type Staleness = 'edited' | 'inputs' | 'upstream';

export function countOf(facts: ICellFacts, state: keyof typeof STATE): number {
  return facts.states[STATE[state]] ?? 0;
}

export function totalOf(facts: ICellFacts): number {
  return facts.states.reduce((sum, count) => sum + count, 0);
}

/** Whether any of its tasks has not ended. */
export function isAtWork(facts: ICellFacts): boolean {
  return (
    countOf(facts, 'waiting') +
      countOf(facts, 'ready') +
      countOf(facts, 'sent') +
      countOf(facts, 'running') >
    0
  );
}

/** Whether it has ended without giving all that it should. */
export function hasFailed(facts: ICellFacts): boolean {
  return (
    facts.ended === 'refused' ||
    facts.ended === 'error' ||
    countOf(facts, 'failed') + countOf(facts, 'cancelled') > 0
  );
}

/** The cells that read from a cell. */
export function consumersOf(id: string, cells: Cells): string[] {
  return [...cells.values()]
    .filter(facts => facts.sources.includes(id))
    .map(facts => facts.cell);
}

/**
 * The cells from which a cell reads, and those that read from it, where either
 * has tasks, or was not run for want of a task's result: that every cell reads
 * what is imported is not worth a word.
 */
export function relativesOf(
  id: string,
  cells: Cells
): Map<string, 'source' | 'reader'> {
  const facts = cells.get(id);
  const relatives = new Map<string, 'source' | 'reader'>();
  const note = (other: string, relation: 'source' | 'reader'): void => {
    if ([facts, cells.get(other)].some(one => one && isOfTasks(one))) {
      relatives.set(other, relation);
    }
  };
  consumersOf(id, cells).forEach(reader => note(reader, 'reader'));
  facts?.sources.forEach(source => note(source, 'source'));
  return relatives;
}

/** Whether a cell is part of the task graph. */
function isOfTasks(facts: ICellFacts): boolean {
  return totalOf(facts) > 0 || facts.ended === 'refused';
}

/**
 * Cells that are not what would come of running them now, and why.
 *
 * @param written the cells of the notebook in their order
 */
export function staleCells(
  written: readonly IWrittenCell[],
  cells: Cells
): Map<string, Staleness> {
  const stale = new Map<string, Staleness>();
  const above: ICellFacts[] = [];
  const place = new Map(written.map(({ id }, index) => [id, index]));
  for (const { id, digest } of written) {
    const facts = cells.get(id);
    if (facts === undefined) {
      continue;
    }
    if (facts.digest !== digest) {
      stale.set(id, 'edited');
    } else if (inputsAreOthers(facts, above, cells)) {
      stale.set(id, 'inputs');
    }
    above.push(facts);
  }
  // What reads from stale cells is stale too, wherever it stands.
  const waiting = [...stale.keys()];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    for (const reader of consumersOf(id, cells)) {
      if (!stale.has(reader) && place.has(reader)) {
        stale.set(reader, 'upstream');
        waiting.push(reader);
      }
    }
  }
  return stale;
}

/** Whether what a cell read was made anew since. */
function inputsAreOthers(
  facts: ICellFacts,
  above: readonly ICellFacts[],
  cells: Cells
): boolean {
  return (
    facts.sources.some(id => (cells.get(id)?.since ?? 0) > facts.order) ||
    above.some(
      other =>
        other.since > facts.order &&
        other.binds.some(name => facts.reads.includes(name))
    )
  );
}

/**
 * The cells that Retry runs: those that have failed and because of which this
 * one has, and all that have no result because of them, in their order.
 *
 * @param order the cells of the notebook in their order
 */
export function cellsToRetry(
  id: string,
  order: readonly string[],
  cells: Cells
): string[] {
  const failed = (one: string): boolean => {
    const facts = cells.get(one);
    return facts !== undefined && hasFailed(facts) && !isAtWork(facts);
  };
  const chosen = new Set([id]);
  // A set that grows is gone through to its end.
  for (const one of chosen) {
    (cells.get(one)?.sources ?? []).filter(failed).forEach(s => chosen.add(s));
  }
  for (const one of chosen) {
    consumersOf(one, cells)
      .filter(failed)
      .forEach(reader => chosen.add(reader));
  }
  return order.filter(one => chosen.has(one));
}
