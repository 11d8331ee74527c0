import { useEffect, useReducer } from '../../vendor/preact-hooks.mjs';

/** Render a component again when one of some observables changes. Null stands for none. */
export function useWatch(...observables) {
  const [, again] = useReducer((count) => count + 1, 0);
  useEffect(() => {
    const ends = observables.filter(Boolean).map((observable) => observable.watch(() => again()));
    again();
    return () => ends.forEach((end) => end());
  }, observables);
}
