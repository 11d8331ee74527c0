import { Setting } from '../ui/notify.js';
import { Badge } from './badge.js';
import { Notifications } from './notifications.js';
import { Tabs } from './tabs.js';

/** Attach what tells the user of messages: the title, the icon, and notifications of the desktop. */
export function installNotifications(app, document) {
  const window = document.defaultView;
  const channel = window.BroadcastChannel ? new window.BroadcastChannel('twistchat') : null;
  app.badge = new Badge(app, document);
  app.notifications = new Notifications({
    chat: app.chat,
    settings: app.settings,
    tabs: new Tabs(channel, app.timers),
    Api: window.Notification,
    icon: document.querySelector('link[rel="icon"]')?.href ?? '',
    isWatched: () => document.visibilityState === 'visible' && document.hasFocus(),
    isMuted: (conversation) => app.rooms.isIn('muted', conversation),
    go: (name, id) => {
      window.focus();
      app.jump(name, id).catch(() => {});
    },
  });
  /** The component with which the user turns them on. */
  app.notifications.Setting = Setting;
  app.badge.watch(() => app.notifications.tidy(app.entered ? undefined : () => true));
}
