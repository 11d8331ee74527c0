/** Where the page's files are. */
export const STATIC = new URL('../../../src/twistchat/doors/web/static', import.meta.url).href;
