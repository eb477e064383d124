import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

/** What a run view can show at first, and which of its parts that means. */
export const PARTS_OF = {
  /** What suits the number of tasks. */
  automatic: [],
  functions: ['functions', 'timeline'],
  tasks: ['tasks', 'timeline'],
  timeline: ['timeline'],
  table: ['table']
} as const;
export type RunViewSetting = keyof typeof PARTS_OF;

/** What users can set; mirrors `schema/settings.json`. */
export interface ISettings {
  /** How many engines the panel proposes to start; 0 for one a core. */
  readonly engines: number;
  /** Seconds between two looks at what engines use. */
  readonly updateSeconds: number;
  /** Whether tasks are counted in the status bar. */
  readonly statusBar: boolean;
  /** Whether cells tell how far their tasks are. */
  readonly strips: boolean;
  /** What a run view shows at first. */
  readonly runView: RunViewSetting;
  /** How many runs the panel lists before it is asked for more. */
  readonly runs: number;
}

/** The settings, as other plugins see them. */
export interface IEflowsSettings {
  readonly values: ISettings;
  /** A value is another one. */
  readonly changed: ISignal<IEflowsSettings, void>;
}

/** How a plugin asks for the settings. */
export const IEflowsSettings = new Token<IEflowsSettings>(
  'eflows-nb:IEflowsSettings',
  'What users can set about eFlows.'
);

/** What holds until the settings have been read, and where they cannot be. */
export const DEFAULTS: ISettings = {
  engines: 0,
  updateSeconds: 3,
  statusBar: true,
  strips: true,
  runView: 'automatic',
  runs: 10
};
