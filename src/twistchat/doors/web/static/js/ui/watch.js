import { useEffect, useReducer } from '../../vendor/preact-hooks.mjs';

/**
 * Render a component again when one of some observables has changed, but not more often than every so many milliseconds.
 */
export function useSlowWatch(timers, ms, ...observables) {
  const [, again] = useReducer((count) => count + 1, 0);
  useEffect(() => {
    let timer = null;
    const later = () => {
      timer ??= timers.set(() => {
        timer = null;
        again();
      }, ms);
    };
    const ends = observables.map((observable) => observable.watch(later));
    again();
    return () => {
      timers.clear(timer);
      ends.forEach((end) => end());
    };
  }, observables);
}

/** Render a component again when one of some observables changes. Null stands for none. */
export function useWatch(...observables) {
  const [, again] = useReducer((count) => count + 1, 0);
  useEffect(() => {
    const ends = observables.filter(Boolean).map((observable) => observable.watch(() => again()));
    again();
    return () => ends.forEach((end) => end());
  }, observables);
}
