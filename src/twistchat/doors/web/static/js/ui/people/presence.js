import { plain } from '../../log/format.js';
import { safeName } from '../../log/safe.js';
import { t } from '../../strings/index.js';

/** Say whether somebody is here. `profile` is undefined while it is loaded, and null for nobody. */
export function presenceOf(person, profile) {
  if (profile === null || person?.online === false) return t('person.offline');
  const away = person?.away ?? profile?.away;
  if (away != null) return away ? t('person.awayBecause', { reason: safeName(plain(away)) }) : t('person.away');
  return person?.online || profile ? t('person.here') : '';
}
