import { composingOf } from './compose/composing.js';
import { Rooms } from './rooms/rooms.js';
import { showPerson } from './rooms/views.js';
import { add } from './strings/index.js';
import { ROOMS } from './strings/en/rooms.js';

/** Attach the features that nobody needs before the chat is shown. Once. */
export function attach(app) {
  if (app.rooms) return;
  add(ROOMS);
  app.rooms = new Rooms(app);
  composingOf(app);
  app.actions.add('profile', (conversation, message) => showPerson(app, message.nick, conversation));
}
