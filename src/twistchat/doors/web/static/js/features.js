import { Profiles } from './account/profiles.js';
import { composingOf } from './compose/composing.js';
import { setClock } from './log/row.js';
import { installNotifications } from './notify/install.js';
import { Rooms } from './rooms/rooms.js';
import { showPerson } from './rooms/views.js';
import { Mentions } from './search/mentions.js';
import { Search } from './search/search.js';
import { forgetOnLeave, installSearchKey } from './search/views.js';
import { add } from './strings/index.js';
import { ROOMS } from './strings/en/rooms.js';
import { SEARCH } from './strings/en/search.js';

/** Attach the features that nobody needs before the chat is shown. Once. */
export function attach(app, document) {
  if (app.rooms) return;
  add(ROOMS);
  add(SEARCH);
  app.rooms = new Rooms(app);
  composingOf(app);
  app.profiles = new Profiles(app);
  app.search = new Search(app.connection, app.chat);
  app.mentions = new Mentions(app.connection, app.chat);
  forgetOnLeave(app);
  installSearchKey(document, app);
  installNotifications(app, document);
  app.actions.add('profile', (conversation, message) => showPerson(app, message.nick, conversation));
  follow(app, document);
}

/** Follow the settings that change more than the style. */
function follow({ chat, settings }, document) {
  let clock = 'system';
  const apply = () => {
    chat.highlights = settings.get('highlights');
    if (settings.get('clock') === clock) return;
    clock = settings.get('clock');
    setClock(clock, document);
  };
  settings.watch(apply);
  apply();
}
