import { SidePanel } from '@jupyterlab/ui-components';
import type { ITranslator } from '@jupyterlab/translation';
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';
import { SplitPanel } from '@lumino/widgets';

import { eflowsIcon } from '../icons';
import type { IEflowsPanel, ISection } from './tokens';

/** A side panel of collapsible sections, filled by other plugins. */
export class EflowsPanel extends SidePanel implements IEflowsPanel {
  constructor(translator: ITranslator) {
    super({ translator });
    const trans = translator.load('eflows_nb');
    this.id = 'eflows-nb-panel';
    this.addClass('eflows-Panel');
    this.title.icon = eflowsIcon;
    this.title.caption = trans.__('eFlows: engines, tasks and clusters');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('eFlows'));
  }

  addSection(section: ISection): IDisposable {
    const before = this._sections.findIndex(other => other.rank > section.rank);
    const index = before < 0 ? this._sections.length : before;
    this._sections.splice(index, 0, section);
    // What overflows can be scrolled by keys, also where nothing else takes them.
    section.widget.node.tabIndex = 0;
    this.insertWidget(index, section.widget);
    if (this.content instanceof SplitPanel) {
      this.content.setRelativeSizes(
        this._sections.map(({ weight }) => weight ?? 1)
      );
    }
    return new DisposableDelegate(() => {
      this._sections = this._sections.filter(other => other !== section);
      section.widget.dispose();
    });
  }

  private _sections: ISection[] = [];
}
