import {
  LayoutRestorer,
  type ILabShell,
  type ILayoutRestorer
} from '@jupyterlab/application';
import type { ISignal } from '@lumino/signaling';

/** Widgets that are restored by their names. */
interface IRestored {
  readonly widgetUpdated: ISignal<unknown, unknown>;
}

/**
 * Save the layout when widgets have got other names.
 *
 * JupyterLab does so at the next change of the layout only. Until then a reload
 * finds names in it that no widget has any more, and shows none of them.
 *
 * @param isWanted whether there is anything to be restored
 */
export function saveLayoutAfterRenames(
  shell: ILabShell | null,
  restorer: ILayoutRestorer | null,
  trackers: readonly IRestored[],
  isWanted: () => boolean
): void {
  if (shell === null || !(restorer instanceof LayoutRestorer)) {
    return; // Notebook 7 shows one document, by its address
  }
  const save = async (): Promise<void> => {
    await restorer.restored; // and who hears of the name too has noted it
    if (isWanted()) {
      await restorer.save(shell.saveLayout());
    }
  };
  trackers.forEach(tracker => tracker.widgetUpdated.connect(() => void save()));
}
