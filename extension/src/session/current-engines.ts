import type { NotebookPanel } from '@jupyterlab/notebook';
import { Signal, type ISignal } from '@lumino/signaling';

import type { ILauncher } from '../clusters/protocol';
import type { IEflowsMachine } from '../clusters/tokens';
import type { IEflowsSettings } from '../settings/tokens';
import type { KernelChannel } from './channel';
import type { IControls } from './form-parts';
import type { EngineWishes, IPendingWish, IStartOptions } from './engines';
import { NotebookEngines } from './engines-kernel';
import type { IEflowsSession } from './tokens';

const LOCAL: readonly ILauncher[] = [
  { name: 'local', hosts: false, cores: 0, memory: 0, gpus: 0 }
];

/** The engines of the notebook in front, for whoever starts, scales and stops them. */
export class CurrentEngines implements IControls {
  /**
   * @param askHowToStop returns whether to cancel tasks, null not to stop
   */
  constructor(
    wishes: EngineWishes,
    session: IEflowsSession,
    machine: IEflowsMachine | null,
    settings: IEflowsSettings | null,
    askHowToStop: () => Promise<boolean | null>
  ) {
    this._wishes = wishes;
    this._session = session;
    this._settings = settings;
    this._askHowToStop = askHowToStop;
    this.machine = machine;
    const emit = (): void => this._changed.emit();
    wishes.changed.connect(emit);
    machine?.changed.connect(emit);
    settings?.changed.connect(emit);
    session.changed.connect(() => wishes.lookForLoss());
  }

  readonly machine: IEflowsMachine | null;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get launchers(): readonly ILauncher[] {
    return this.machine?.launchers ?? LOCAL;
  }

  get proposed(): number {
    return this._settings?.values.engines ?? 0;
  }

  /** As `proposed`, but a number in any case. */
  get proposedNumber(): number {
    return this.proposed || (this.launchers[0]?.cores ?? 0) || 2;
  }

  /** Whether the notebook has engines, or some are starting. */
  get areThere(): boolean {
    const { status } = this._session;
    return (
      status.kind === 'session' &&
      status.session.cluster !== 'inline' &&
      (status.session.state === 'ready' || status.session.state === 'starting')
    );
  }

  get pending(): IPendingWish | null {
    return this._wishes.pending;
  }

  get error(): string {
    return this._wishes.error;
  }

  /** Mean the engines of another notebook from now on. */
  follow(panel: NotebookPanel | null, channel: KernelChannel | null): void {
    if (panel === null || channel === null) {
      this._wishes.follow(null);
      return;
    }
    const kernel =
      this._kernels.get(channel) ?? new NotebookEngines(panel, channel);
    this._kernels.set(channel, kernel);
    this._wishes.follow(kernel);
  }

  start(options: IStartOptions): void {
    void this._wishes.wish({ do: 'start', ...options });
  }

  scale(number: number): void {
    void this._wishes.wish({ do: 'scale', number });
  }

  stop(): void {
    void this._askHowToStop().then(cancel => {
      if (cancel !== null) {
        void this._wishes.wish({ do: 'stop', cancel });
      }
    });
  }

  private _askHowToStop: () => Promise<boolean | null>;
  private _changed = new Signal<this, void>(this);
  private _kernels = new WeakMap<KernelChannel, NotebookEngines>();
  private _session: IEflowsSession;
  private _settings: IEflowsSettings | null;
  private _wishes: EngineWishes;
}
