import {
  ReactWidget,
  refreshIcon,
  Toolbar,
  ToolbarButton
} from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Signal, type ISignal } from '@lumino/signaling';

/** One titled part of the side panel, which is drawn again when what it shows is another. */
export abstract class Section extends ReactWidget {
  constructor(options: {
    id: string;
    label: string;
    caption: string;
    /** Each says that something of what is shown is another. */
    changes: readonly ISignal<unknown, unknown>[];
  }) {
    super();
    this.id = options.id;
    this.addClass('eflows-Section');
    this.title.label = options.label;
    this.title.caption = options.caption;
    options.changes.forEach(changed => changed.connect(this.update, this));
  }

  /** What stands in the title bar, null for nothing. */
  toolbar: Toolbar | null = null;

  /** The section came into view. */
  get shown(): ISignal<this, void> {
    return this._shown;
  }

  override dispose(): void {
    if (!this.isDisposed) {
      Signal.clearData(this);
      super.dispose();
    }
  }

  /** Let the title bar have a button that looks anew; before the section is added. */
  protected addRefresh(tooltip: string, refresh: () => Promise<void>): void {
    const icon = refreshIcon;
    const button = new ToolbarButton({
      icon,
      tooltip,
      onClick: () => void refresh()
    });
    this.toolbar = new Toolbar();
    this.toolbar.node.setAttribute('aria-label', this.title.label);
    this.toolbar.addItem('refresh', button);
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this._shown.emit();
  }

  private _shown = new Signal<this, void>(this);
}
