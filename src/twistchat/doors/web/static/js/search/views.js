/** The dialogs of search and mentions. Each is loaded when it is opened. */

/** What a dialog is closed with when it has led to a message: the id of that message. */
async function show(app, load, props) {
  const id = await app.dialogs.show(load, props);
  // The dialog gives the focus back when it closes; the message has it afterwards.
  if (id) app.timers.set(() => app.log?.locate(id), 0);
}

/** @param {Partial<import('./query.js').Query>|null} query what to search for at once; null shows the search before */
export function showSearch(app, query = null) {
  return show(app, () => import('../ui/search/search.js').then(({ SearchDialog }) => SearchDialog), { query });
}

export function showMentions(app) {
  return show(app, () => import('../ui/search/mentions.js').then(({ MentionsDialog }) => MentionsDialog));
}

/** Forget what was found when this user leaves: the next one may be another. */
export function forgetOnLeave(app) {
  app.watch(() => {
    if (app.entered) return;
    app.search.clear();
    app.mentions.clear();
  });
}

/** Open the search with Ctrl+K, or Cmd+K. */
export function installSearchKey(document, app) {
  document.addEventListener('keydown', (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== 'k') return;
    event.preventDefault();
    if (app.entered && !app.dialogs.open.length) showSearch(app);
  });
}
