/* Running other programs without a shell. */
#define _XOPEN_SOURCE 700
#include "driver/process.h"

#include "driver/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { LOG_SHOWN = 4000 }; /* bytes of the program's output that a message holds */

static int spawn(const char *const *arguments, const char *log, pid_t *process)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t restored;
    sigemptyset(&restored);
    sigaddset(&restored, SIGINT);
    sigaddset(&restored, SIGQUIT);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &restored);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    int problem = posix_spawnp(process, arguments[0], &actions, &attributes,
                               (char *const *)(uintptr_t)arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return problem;
}

static int wait_for(pid_t process)
{
    int state;
    while (waitpid(process, &state, 0) < 0)
        if (errno != EINTR) return -1;
    return state;
}

static const char *log_text(struct session *session, const char *log)
{
    const char *text;
    size_t length, shown;
    size_t messages = session->messages.count;
    if (files_read(session, log, &text, &length) != STATUS_GOOD) {
        session->messages.count = messages;
        return "";
    }
    shown = length < LOG_SHOWN ? length : LOG_SHOWN;
    while (shown && text[shown - 1] == '\n') shown--;
    return session_format(session, "%s%.*s%s", shown ? "\n" : "", (int)shown, text,
                          length > LOG_SHOWN ? "\n..." : "");
}

int process_run(struct session *session, const char *what, const char *const *arguments,
                const char *log, const char *advice)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
    pid_t process;
    int state = 0;
    sigaction(SIGINT, &ignore, &interrupt);
    sigaction(SIGQUIT, &ignore, &quit);
    int problem = spawn(arguments, log, &process);
    if (!problem) state = wait_for(process);
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    if (problem) {
        session_fail(session, STATUS_SYSTEM, "cannot run %s `%s`: %s", what, arguments[0],
                     strerror(problem));
        if (advice) session_help(session, "%s", advice);
        return STATUS_SYSTEM;
    }
    if (WIFEXITED(state) && WEXITSTATUS(state) == 0) return STATUS_GOOD;
    return session_fail(session, STATUS_SYSTEM, "%s `%s` failed:%s", what, arguments[0],
                        log_text(session, log));
}
