// A chat client on npm's irc-framework or matrix-org-irc, for a program at its standard input and output.
//
// bot.js LIBRARY HOST PORT NICK: does what bot.py does.  The library is looked for in NODE_PATH.

"use strict";

const readline = require("readline");

const LOBBY = "#lobby";
const [name, host, port, nick] = process.argv.slice(2);
const library = require(name);

const show = (line) => console.log(line);
const log = (line) => console.error(line);
const joined = (who, channel) => show(`${who} has joined ${channel}`);
const said = (who, text) => show(`<${who}> ${text}`);
const did = (who, text) => show(` * ${who} ${text}`);
const pong = (token) => show(`pong ${token}`);

// For each library: connect, tell what happens, and give what can be done.
const LIBRARIES = {
    "irc-framework"() {
        const client = new library.Client();
        client.on("raw", (event) => log(`${event.from_server ? "<" : ">"} ${event.line}`));
        client.on("registered", () => client.join(LOBBY));
        client.on("join", (event) => joined(event.nick, event.channel));
        client.on("privmsg", (event) => said(event.nick, event.message));
        client.on("action", (event) => did(event.nick, event.message));
        client.on("pong", (event) => pong(event.message));
        for (const event of ["debug", "irc error", "socket error", "socket close"]) {
            client.on(event, (what) => log(`${event}: ${JSON.stringify(what)}`));
        }
        client.connect({ host, port: Number(port), nick, username: "bot", gecos: "A bot", auto_reconnect: false });
        return {
            say: (text) => client.say(LOBBY, text),
            act: (text) => client.action(LOBBY, text),
            ping: (token) => client.ping(token),
        };
    },

    "matrix-org-irc"() {
        const client = new library.Client(host, nick, {
            port: Number(port), userName: "bot", realName: "A bot", channels: [LOBBY], retryCount: 0, showErrors: true,
        });
        client.on("raw", (message) => {
            log(`< ${message.rawCommand} ${message.args.join(" ")}`);
            if (message.command === "PONG") {
                pong(message.args[message.args.length - 1]);
            }
        });
        client.on("join", (channel, who) => joined(who, channel));
        client.on("message", (from, to, text) => said(from, text));
        client.on("action", (from, to, text) => did(from, text));
        for (const event of ["error", "netError", "abort"]) {
            client.on(event, (what) => log(`${event}: ${JSON.stringify(what)}`));
        }
        return {
            say: (text) => client.say(LOBBY, text),
            act: (text) => client.action(LOBBY, text),
            ping: (token) => client.send("PING", token),
        };
    },
};

const bot = LIBRARIES[name]();
const input = readline.createInterface({ input: process.stdin });
input.on("line", (line) => {
    const [, command, rest] = /^(?:(\/ping|\/me) )?(.*)$/.exec(line);
    if (command === "/ping") {
        bot.ping(rest);
    } else if (command === "/me") {
        bot.act(rest);
        did(nick, rest);
    } else {
        bot.say(rest);
        said(nick, rest);
    }
});
input.on("close", () => process.exit(0));
