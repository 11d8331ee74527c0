/*
 * The limit in C: a chat that does nothing but receive, copy and send.  Build it with cc -O2, run it as limit PORT.
 *
 * The first line is the name and is answered with a welcome; every line after it is copied into the buffer of each other
 * client, and what a turn of epoll has brought leaves in one send a client.  There is no check of anything.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 1 << 17, EVENTS = 512, GULP = 1 << 16, NAME = 32 };

typedef struct {
    int fd, named, dirty, armed;
    char name[NAME];
    size_t nameSize;
    char *rest; /* a line that is not complete */
    size_t restSize;
    char *out;
    size_t outSize, outRoom;
} Client;

static Client *clients[MOST], *dirty[MOST];
static int count, dirtyCount, epoll;

static void *need(void *pointer) {
    if (!pointer) {
        perror("limit");
        exit(1);
    }
    return pointer;
}

static void put(Client *to, const char *data, size_t size) {
    if (to->outSize + size > to->outRoom) {
        to->outRoom = 2 * (to->outSize + size);
        to->out = need(realloc(to->out, to->outRoom));
    }
    memcpy(to->out + to->outSize, data, size);
    to->outSize += size;
    if (!to->dirty) {
        to->dirty = 1;
        dirty[dirtyCount++] = to;
    }
}

static void arm(Client *client, int writing) {
    if (client->armed != writing) {
        struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.ptr = client};
        epoll_ctl(epoll, EPOLL_CTL_MOD, client->fd, &event);
        client->armed = writing;
    }
}

static void flush(Client *client) {
    size_t done = 0;
    client->dirty = 0;
    while (done < client->outSize) {
        ssize_t sent = send(client->fd, client->out + done, client->outSize - done, MSG_NOSIGNAL);
        if (sent <= 0)
            break; /* full, or gone, which the next recv tells */
        done += sent;
    }
    memmove(client->out, client->out + done, client->outSize - done);
    client->outSize -= done;
    arm(client, client->outSize > 0);
}

static void heard(Client *client, const char *line, size_t size) {
    static char text[GULP * 2];
    if (!client->named) {
        client->named = 1;
        client->nameSize = size < NAME ? size : NAME;
        memcpy(client->name, line, client->nameSize);
        put(client, text, snprintf(text, sizeof text, "Welcome, %.*s!\n", (int)client->nameSize, client->name));
        return;
    }
    size_t head = snprintf(text, sizeof text, "#[%.*s]>> ", (int)client->nameSize, client->name);
    memcpy(text + head, line, size);
    text[head + size] = '\n';
    for (int i = 0; i < count; i++)
        if (clients[i] != client && clients[i]->named)
            put(clients[i], text, head + size + 1);
}

static void gone(Client *client) {
    for (int i = 0; i < count; i++)
        if (clients[i] == client)
            clients[i] = clients[--count];
    for (int i = 0; i < dirtyCount; i++)
        if (dirty[i] == client)
            dirty[i] = dirty[--dirtyCount];
    close(client->fd);
    free(client->rest);
    free(client->out);
    free(client);
}

static void readable(Client *client) {
    static char data[GULP * 2];
    if (client->restSize)
        memcpy(data, client->rest, client->restSize);
    ssize_t size = recv(client->fd, data + client->restSize, GULP, 0);
    if (size <= 0) {
        gone(client);
        return;
    }
    char *start = data, *end = data + client->restSize + size, *found;
    while ((found = memchr(start, '\n', end - start))) {
        heard(client, start, found - start);
        start = found + 1;
    }
    if (end - start > GULP / 2) {
        gone(client); /* that is no line */
        return;
    }
    client->restSize = end - start;
    if (client->restSize) {
        if (!client->rest)
            client->rest = need(malloc(GULP / 2));
        memcpy(client->rest, start, client->restSize);
    } else {
        free(client->rest);
        client->rest = NULL;
    }
}

static void incoming(int listening) {
    int one = 1, fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0)
        return;
    if (count == MOST) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    Client *client = clients[count++] = need(calloc(1, sizeof *client));
    client->fd = fd;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int main(int argc, char **argv) {
    int one = 1, listening = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 0)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listening, (void *)&address, sizeof address) || listen(listening, 1024)) {
        perror("limit");
        return 1;
    }
    epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listening, &event);
    for (;;) {
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            Client *client = events[i].data.ptr;
            if (!client) {
                incoming(listening);
                continue;
            }
            if (events[i].events & EPOLLOUT)
                flush(client);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                readable(client);
        }
        while (dirtyCount)
            flush(dirty[--dirtyCount]);
    }
}
