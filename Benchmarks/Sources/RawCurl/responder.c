#include "RawCurl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { most_connections = 512 };

static const char answer[] =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 99\r\n"
    "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
    "ETag: \"00000000-0000-0000-0000-000000000000\"\r\n"
    "x-ms-request-charge: 1\r\n"
    "\r\n"
    "{\"id\":\"0123456789\",\"text\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"}";

/// Answers each end of a head among the bytes that have arrived; `matched` counts how much of the next end is there.
static bool serve(int socket, int *matched) {
    static const char end[] = "\r\n\r\n";
    char bytes[16384];
    ssize_t count = read(socket, bytes, sizeof bytes);
    if (count <= 0) return count < 0 && (errno == EAGAIN || errno == EINTR);
    for (ssize_t index = 0; index < count; index++) {
        *matched = bytes[index] == end[*matched] ? *matched + 1 : bytes[index] == '\r' ? 1 : 0;
        if (*matched < 4) continue;
        *matched = 0;
        // It fits into the buffer of an idle socket.
        if (write(socket, answer, sizeof answer - 1) != (ssize_t)(sizeof answer - 1)) return false;
    }
    return true;
}

/// Serves until the other end of the lifeline is closed.
static void serve_all(int listening, int lifeline) {
    struct pollfd places[most_connections] = {{.fd = lifeline, .events = POLLIN}, {.fd = listening, .events = POLLIN}};
    int matched[most_connections] = {0};
    nfds_t count = 2;
    while (poll(places, count, -1) >= 0 || errno == EINTR) {
        if (places[0].revents) return;
        for (nfds_t index = 2; index < count; index++) {
            if (!places[index].revents || serve(places[index].fd, &matched[index])) continue;
            close(places[index].fd);
            count--;
            places[index] = places[count];
            matched[index] = matched[count];
            index--;
        }
        if (!places[1].revents) continue;
        int socket = accept(listening, NULL, NULL), on = 1;
        if (socket < 0) continue;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (count == most_connections) {
            close(socket);
            continue;
        }
        places[count] = (struct pollfd){.fd = socket, .events = POLLIN};
        matched[count++] = 0;
    }
}

bool raw_responder_start(raw_responder *responder, char *error) {
    int listening = socket(AF_INET, SOCK_STREAM, 0), ends[2];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (listening < 0 || bind(listening, (struct sockaddr *)&address, length) || listen(listening, 128)
        || getsockname(listening, (struct sockaddr *)&address, &length) || pipe(ends)) {
        snprintf(error, 256, "the responder cannot listen: %s", strerror(errno));
        return false;
    }
    // No other child holds the lifeline.
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    pid_t process = fork();
    if (process == 0) {
        signal(SIGPIPE, SIG_IGN);
        close(ends[1]);
        serve_all(listening, ends[0]);
        _exit(0);
    }
    close(listening);
    close(ends[0]);
    if (process < 0) {
        snprintf(error, 256, "the responder cannot start: %s", strerror(errno));
        return false;
    }
    *responder = (raw_responder){.process = process, .port = ntohs(address.sin_port), .lifeline = ends[1]};
    return true;
}

void raw_responder_end(raw_responder *responder) {
    close(responder->lifeline);
    waitpid(responder->process, NULL, 0);
}
