import type { TranslationBundle } from '@jupyterlab/translation';
import { MessageLoop, type Message } from '@lumino/messaging';
import { Signal, type ISignal } from '@lumino/signaling';
import { Panel, SplitPanel, Widget } from '@lumino/widgets';

import { FunctionPainter } from '../core/function-painter';
import { StagePainter } from '../core/stage-painter';
import { GUTTER, TimelinePainter } from '../core/timeline-painter';
import { traceOf } from '../core/trace';
import { TASK_STATES } from '../session/protocol';
import { Bar, Legend, PARTS, type IBarActions, type Part } from './bar';
import { Inspector, type ITaskActions } from './inspector';
import type { RunModel } from './model';
import { inGraph, inTimeline } from './neighbours';
import { SurfaceWidget } from './surface-widget';
import { TableWidget } from './table-widget';

/** More stages than this, and functions are shown first. */
const MANY_STAGES = 60;

/** A run as a graph, in time and as a table, with the selected task beside. */
export class RunView extends Panel implements IBarActions {
  /**
   * @param save saves text as a file of the user's
   */
  constructor(
    model: RunModel,
    actions: ITaskActions,
    save: (name: string, type: string, text: string) => void,
    trans: TranslationBundle
  ) {
    super();
    this._model = model;
    this._save = save;
    this.addClass('eflows-Run');

    const stages = (this._stages = new StagePainter());
    this._functions = new FunctionPainter(stages.layout);
    this._graph = new SurfaceWidget(
      model,
      stages,
      trans.__('Task graph. Arrow keys follow what tasks read and make.'),
      (row, key) => inGraph(model.table, stages.layout, row, key)
    );
    this._lanes = new TimelinePainter();
    this._timeline = new SurfaceWidget(
      model,
      this._lanes,
      trans.__('Timeline of the engines. Arrow keys go from task to task.'),
      (row, key) => inTimeline(model.table, row, key)
    );
    this._timeline.surface.inset = GUTTER;
    this._table = new TableWidget(model, trans);

    const parts = (this._parts = new SplitPanel({
      orientation: 'vertical',
      spacing: 1
    }));
    parts.handleMoved.connect(() => (this._sized = true));
    parts.addWidget(this._graph);
    parts.addWidget(this._timeline);
    parts.addWidget(this._table);
    parts.setRelativeSizes([3, 1, 2]);
    const body = new SplitPanel({ orientation: 'horizontal', spacing: 1 });
    body.addWidget(parts);
    body.addWidget(new Inspector(model, actions, trans));
    body.setRelativeSizes([7, 2.4]);
    body.addClass('eflows-Run-body');

    this._empty.addClass('eflows-Run-empty');
    this._empty.node.append(this._lesson);
    this._notice.addClass('eflows-Run-notice');
    this._notice.node.setAttribute('role', 'status');
    this._notice.node.dataset['testid'] = 'eflows-run-notice';
    this.addWidget(new Bar(model, this, trans));
    this.addWidget(this._notice);
    this.addWidget(body);
    this.addWidget(this._empty);
    this.addWidget(new Legend(model, trans));
    // The bar takes as much room as it needs, which no layout is told.
    this._size = new ResizeObserver(() => {
      MessageLoop.sendMessage(body, Widget.ResizeMessage.UnknownSize);
      this._divide();
    });
    this._size.observe(body.node);
    this._body = body;
    this._trans = trans;

    this._observer = new MutationObserver(() => this._restyle());
    this._observer.observe(document.body, {
      attributes: true,
      attributeFilter: ['data-jp-theme-name', 'data-jp-theme-light']
    });
    model.changed.connect(this._onChange, this);
    this._apply();
    this._onChange();
  }

  /** Other parts are shown. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._observer.disconnect();
      this._size.disconnect();
      this._model.changed.disconnect(this._onChange, this);
      super.dispose();
    }
  }

  shows(part: Part): boolean {
    return this._shown.has(part);
  }

  toggle(part: Part): void {
    this._chosen = true;
    const shown = this._shown;
    if (shown.delete(part)) {
      if (shown.size === 0) {
        shown.add(part); // something must be seen
      }
    } else {
      shown.add(part);
      if (part === 'functions') {
        shown.delete('tasks');
      } else if (part === 'tasks') {
        shown.delete('functions');
      }
    }
    this._apply();
  }

  /** Show these parts, as if the user had chosen them. */
  showParts(parts: readonly Part[]): void {
    this._chosen = true;
    this._shown = new Set(parts);
    this._apply();
  }

  fit(): void {
    this._graph.surface.fit();
    this._timeline.surface.fit();
  }

  exportSvg(): void {
    const of = this._graph.isVisible ? this._graph : this._timeline;
    this._save('run.svg', 'image/svg+xml', of.surface.toSvg());
  }

  exportTrace(): void {
    const { table } = this._model;
    const text = traceOf(table, this.title.label || 'run', TASK_STATES);
    this._save('run-trace.json', 'application/json', text);
  }

  protected override onActivateRequest(_: Message): void {
    this._focus();
  }

  private _focus(): void {
    const first = PARTS.find(part => this._shown.has(part));
    const target =
      first === 'timeline'
        ? this._timeline.surface.canvas
        : first === 'table'
          ? this._table.node
          : this._graph.surface.canvas;
    target?.focus();
  }

  private _apply(): void {
    const shown = this._shown;
    const functions = shown.has('functions');
    this._graph.surface.painter = functions ? this._functions : this._stages;
    this._graph.setHidden(!functions && !shown.has('tasks'));
    this._timeline.setHidden(!shown.has('timeline'));
    this._table.setHidden(!shown.has('table'));
    this._divided = 0;
    this._divide();
    this._changed.emit();
  }

  private _onChange(): void {
    const { status, table } = this._model;
    const isKept = status === 'ended' || status === 'closed';
    const empty = !isKept && (status !== 'shown' || table.rows === 0);
    this._notice.setHidden(!isKept);
    const notice = this._noticeText();
    if (this._notice.node.textContent !== notice) {
      this._notice.node.textContent = notice; // or it would be read out again
    }
    this._empty.setHidden(!empty);
    if (this._body.isHidden && !empty) {
      this._body.show();
      if (document.activeElement === this.node) {
        this._focus(); // it was activated when there was nothing to focus yet
      }
    }
    this._body.setHidden(empty);
    this._lesson.textContent = empty ? this._lessonText() : '';
    this._divide();
    if (!this._chosen && !empty) {
      // What people read first, until they choose.
      this._functions.update(table);
      const { stages } = this._stages.layout;
      const many = stages.length > MANY_STAGES;
      if (this._shown.has('functions') !== many) {
        this._shown.delete(many ? 'tasks' : 'functions');
        this._shown.add(many ? 'functions' : 'tasks');
        this._apply();
      }
    }
  }

  /** Let the timeline be as high as its engines, until the user moves its border. */
  private _divide(): void {
    const height = this._parts.node.clientHeight;
    this._lanes.update(this._model.table);
    const wanted = Math.round(Math.min(this._lanes.wanted, height * 0.4));
    if (!this._sized && height > 0 && this._divided !== wanted) {
      this._divided = wanted;
      const rest = height - wanted;
      const table = this.shows('table') ? rest / 2 : 0;
      this._parts.setRelativeSizes([rest - table, wanted, table]);
    }
  }

  private _lessonText(): string {
    const trans = this._trans;
    switch (this._model.status) {
      case 'no-kernel':
        return trans.__(
          'The notebook of this view is not open or has no kernel. Open it, and its tasks are shown here while it runs.'
        );
      case 'no-session':
        return trans.__(
          'This notebook has not called a task function yet. As soon as it does, its tasks are shown here.'
        );
      case 'loading':
        return trans.__('Asking the kernel for its tasks…');
      default:
        return trans.__(
          'Engines are there, and no task yet. Calling a task function submits one.'
        );
    }
  }

  /** Why what is seen is not what happens now. */
  private _noticeText(): string {
    const { _model: model, _trans: trans } = this;
    if (model.status === 'closed') {
      return trans.__(
        'The notebook of this view is not open. These are its tasks as they were then; open it to see them as they are.'
      );
    }
    if (model.status !== 'ended') {
      return '';
    }
    const ended = trans.__('The session of these tasks ended with its kernel.');
    const lost =
      model.lost === 0
        ? ''
        : ` ${trans._n(
            '%1 task had not ended and counts as cancelled.',
            '%1 tasks had not ended and count as cancelled.',
            model.lost
          )}`;
    return `${ended}${lost} ${trans.__('Run cells again, and their tasks are shown here instead.')}`;
  }

  private _restyle(): void {
    this._graph.surface.restyle();
    this._timeline.surface.restyle();
  }

  private _body: SplitPanel;
  private _changed = new Signal<this, void>(this);
  private _chosen = false;
  private _divided = 0;
  private _empty = new Panel();
  private _functions: FunctionPainter;
  private _graph: SurfaceWidget;
  private _lanes: TimelinePainter;
  private _lesson = document.createElement('p');
  private _model: RunModel;
  private _notice = new Widget();
  private _observer: MutationObserver;
  private _parts: SplitPanel;
  private _save: (name: string, type: string, text: string) => void;
  private _sized = false;
  private _shown = new Set<Part>(['tasks', 'timeline']);
  private _size: ResizeObserver;
  private _stages: StagePainter;
  private _table: TableWidget;
  private _timeline: SurfaceWidget;
  private _trans: TranslationBundle;
}
