import type { ICellFacts } from './protocol';

/** A code cell, as far as what stands beside it goes. */
export interface IPromptCell {
  executionCount: number | null;
  executionState: string;
}

/**
 * What stands beside cells that ran before this page was loaded: their number,
 * or a star while they run.
 *
 * Each is shown once, so that what the user clears stays so.
 */
export class Prompts {
  /** Whether a cell has begun or ended since this was shown. */
  isNew({ message, count, ended }: ICellFacts): boolean {
    return count > 0
      ? this._shown.get(message) !== count
      : ended === 'running' && !this._shown.has(message);
  }

  show({ message, count }: ICellFacts, cell: IPromptCell): void {
    this._shown.set(message, count);
    if (count === 0) {
      cell.executionState = 'running';
      this._running.add(cell);
      return;
    }
    if (cell.executionCount !== count) {
      cell.executionCount = count;
    }
    if (this._running.delete(cell)) {
      cell.executionState = 'idle';
    }
  }

  /** The cells that ran have ended with their kernel. */
  clear(): void {
    this._running.forEach(cell => (cell.executionState = 'idle'));
    this._running.clear();
  }

  private _running = new Set<IPromptCell>();
  private _shown = new Map<string, number>();
}
