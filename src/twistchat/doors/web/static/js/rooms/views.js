import { ENTERED } from '../dialogs.js';

/** The dialogs about rooms and people. Each is loaded when it is opened. */

async function show(app, load, props) {
  if ((await app.dialogs.show(load, props)) === ENTERED) app.write();
}

/** @param {object|null} room the conversation in which somebody was chosen */
export function showPerson(app, nick, room = null) {
  return show(app, () => import('../ui/people/card.js').then(({ PersonCard }) => PersonCard), { nick, room });
}

/** @param {'about'|'settings'|'lists'} tab */
export function showRoom(app, room, tab = 'about') {
  return show(app, () => import('../ui/rooms/details.js').then(({ RoomDetails }) => RoomDetails), { room, tab });
}

export function findRooms(app) {
  return show(app, () => import('../ui/rooms/find.js').then(({ FindRooms }) => FindRooms));
}

export function createRoom(app, name = '') {
  return show(app, () => import('../ui/rooms/create.js').then(({ CreateRoom }) => CreateRoom), { name });
}
