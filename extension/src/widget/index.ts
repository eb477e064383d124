/** The run view as a widget, for pages without our extension: the module that anywidget loads. */
import type { IDisposable } from '@lumino/disposable';

import type { IWidgetModel } from './source';
import { Frame } from './frame';
import { LiveRun, PastRun, type IShownRun } from './runs';

interface IContext {
  readonly model: IWidgetModel;
}

interface IRenderContext extends IContext {
  readonly el: HTMLElement;
}

/** Called once for each widget of the kernel; it may be shown at several places. */
export default function widget(): {
  initialize(context: IContext): () => void;
  render(context: IRenderContext): () => void;
} {
  let run: (IShownRun & IDisposable) | null = null;
  return {
    initialize({ model }) {
      const shown =
        model.get('past') === true ? new PastRun(model) : new LiveRun(model);
      run = shown;
      return () => shown.dispose();
    },
    render({ model, el }) {
      if (run === null) {
        return () => undefined;
      }
      const frame = new Frame(model, run);
      el.append(frame.node);
      return () => frame.leave();
    }
  };
}
