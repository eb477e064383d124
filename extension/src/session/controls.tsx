import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useState } from 'react';

import { Answer, EnginesInput, type IControls } from './form-parts';
import type { ISession } from './protocol';
import { isEngines } from './start-draft';
import { StartForm } from './start-form';

/** Starts engines where there are none, and scales and stops them where there are. */
export function EngineControls(props: {
  session: ISession;
  controls: IControls;
  trans: TranslationBundle;
}): JSX.Element {
  const { session, controls, trans } = props;
  const isThere =
    session.cluster !== 'inline' &&
    (session.state === 'ready' || session.state === 'starting');
  return isThere ? (
    <ScaleForm
      // A number that was typed does not outlive what it was meant for.
      key={session.requested}
      requested={session.requested}
      controls={controls}
      trans={trans}
    />
  ) : (
    <StartForm
      controls={controls}
      isAtWork={session.tasks.running > 0}
      trans={trans}
    />
  );
}

function ScaleForm(props: {
  requested: number;
  controls: IControls;
  trans: TranslationBundle;
}): JSX.Element {
  const { requested, controls, trans } = props;
  const [typed, type] = useState('');
  const number = typed === '' ? requested : Number(typed);
  const isPossible = isEngines(number);
  const { pending } = controls;
  return (
    <form
      className="eflows-Form"
      aria-label={trans.__('Scale or stop the engines')}
      noValidate
      onSubmit={event => {
        event.preventDefault();
        if (isPossible && number !== requested && pending === null) {
          controls.scale(number);
        }
      }}
    >
      <div className="eflows-Row">
        <label>
          <span>{trans.__('Engines')}</span>
          <EnginesInput
            value={typed === '' ? String(requested) : typed}
            isPossible={isPossible}
            type={type}
          />
        </label>
        <button
          className="jp-mod-styled jp-mod-accept eflows-Button"
          disabled={!isPossible || number === requested || pending !== null}
          data-testid="eflows-scale"
        >
          {trans.__('Scale')}
        </button>
        <button
          type="button"
          className="jp-mod-styled jp-mod-reject eflows-Button"
          onClick={() => controls.stop()}
          data-testid="eflows-stop"
        >
          {trans.__('Stop')}
        </button>
      </div>
      <Answer
        controls={controls}
        mistake={isPossible ? null : 'engines'}
        trans={trans}
      />
    </form>
  );
}
